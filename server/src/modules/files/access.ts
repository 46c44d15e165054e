import { allow, allowInConversation, allowInRoom, requireAboveAuthor } from '../../access.ts';
import { type Ctx, isWriting, lockStreams } from '../../context.ts';
import { ChangedMeanwhile } from '../../db/database.ts';
import { AppError } from '../../errors.ts';
import type { UploadPlace } from './schema.ts';
import { type FileWithBlob, findFile } from './store.ts';

/** Where a file may be put: a room or conversation one may upload into, or nowhere, where it is one's own. */
export async function allowUpload(ctx: Ctx, { room_id, conversation_id }: UploadPlace): Promise<void> {
  if (room_id !== undefined) await allowInRoom(ctx, 'file.upload', room_id);
  else if (conversation_id !== undefined) await allowInConversation(ctx, 'file.upload', conversation_id);
  else allow(ctx, 'file.upload_own');
  if (room_id === undefined && conversation_id === undefined && isWriting(ctx))
    await lockStreams(ctx, { users: [ctx.actor.userId] });
}

/**
 * A file follows the room or conversation it is in, with the message it hangs on; without one it is its uploader's alone. What the
 * caller may not know of is 404 FILE_NOT_FOUND, whatever hides it.
 */
export async function allowOnFile(
  ctx: Ctx,
  action: 'file.read' | 'file.delete',
  fileId: number,
): Promise<FileWithBlob> {
  const file = await findLocked(ctx, fileId);
  if (!file) throw new AppError('FILE_NOT_FOUND');
  const isOwn = file.uploader_id === ctx.actor.userId;
  if (file.container_id === null) {
    if (!isOwn) throw new AppError('FILE_NOT_FOUND');
    return file;
  }
  if (file.visibility === 'direct')
    await allowInConversation(ctx, action, file.container_id, isOwn).catch(asFileNotFound);
  else await inRoom(ctx, action, file.container_id, file.uploader_id).catch(asFileNotFound);
  return file;
}

/**
 * Inside `write`: locks the file's room and its uploader, and begins anew where its place has changed by then. Waiting for the one with
 * the other held would deadlock with whoever takes both at once.
 */
async function findLocked(ctx: Ctx, id: number): Promise<FileWithBlob | undefined> {
  const seen = await findFile.first(ctx.db, { id });
  if (!isWriting(ctx) || !seen) return seen;
  const { container_id, uploader_id } = seen;
  await lockStreams(ctx, { users: [uploader_id], containers: container_id === null ? [] : [container_id] });
  const file = await findFile.first(ctx.db, { id });
  if (file && file.container_id !== container_id) throw new ChangedMeanwhile('The file is in another place');
  return file;
}

async function inRoom(ctx: Ctx, action: 'file.read' | 'file.delete', id: number, uploaderId: number) {
  const isOwn = uploaderId === ctx.actor.userId;
  const { room } = await allowInRoom(ctx, action === 'file.delete' && isOwn ? 'file.delete_own' : action, id);
  if (action === 'file.delete' && !isOwn) await requireAboveAuthor(ctx, room, uploaderId);
}

function asFileNotFound(error: unknown): never {
  const hidden = error instanceof AppError && error.status === 404;
  throw hidden ? new AppError('FILE_NOT_FOUND') : error;
}
