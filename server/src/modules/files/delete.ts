import { type Answer, noContent, ok } from '../../answer.ts';
import { type Ctx, emit, type WriteCtx, write } from '../../context.ts';
import type { NewEvent } from '../../events.ts';
import { allowOnFile } from './access.ts';
import { detach } from './change_store.ts';
import { dropFiles, removeBlobs } from './drop.ts';
import { presentFile } from './present.ts';
import type { FileWithBlob } from './store.ts';

/** Ends a file: at once it is 404 and its message shows it no more. Its bytes go when nothing else uses them. */
export async function deleteFile(ctx: Ctx, fileId: number): Promise<Answer> {
  const { answer, names } = await write(ctx, 'file.delete', async (inner) => {
    const file = await allowOnFile(inner, 'file.delete', fileId);
    const message = file.message_id === null ? undefined : await detach.first(inner.db, { id: file.message_id });
    await emit(inner, { ...fileDeleted(inner, file), ...(message ? { version: message.version } : {}) });
    const { names } = await dropFiles(inner, [file]);
    return { answer: inner.request.representation ? ok(presentFile(file)) : noContent, names };
  });
  await removeBlobs(ctx, names);
  return answer;
}

/** Says of a file that it is no more; only where others could see it is that somebody's business. */
export function fileDeleted(ctx: WriteCtx, file: FileWithBlob): NewEvent {
  const data = { file_id: file.id, filename: file.filename };
  if (file.container_id === null) return { type: 'private_file_deleted', userId: file.uploader_id, data };
  return {
    type: 'file_deleted',
    containerId: file.container_id,
    ...(file.message_id === null ? {} : { messageId: file.message_id }),
    data,
    audit: {
      userId: file.uploader_id,
      details: { ...data, size: file.size, reason: ctx.request.auditReason ?? null },
    },
  };
}
