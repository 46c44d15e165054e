import { allowInRoom } from '../../access.ts';
import { BlobMissing } from '../../adapters/blobs/blobs.ts';
import { type Answer, type FileAnswer, ok, okFile } from '../../answer.ts';
import type { Ctx } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { allowOnFile } from './access.ts';
import { type BytesSource, bytesOfFile, presentFile } from './present.ts';
import type { FilePage } from './schema.ts';
import { findFileCount, listFiles } from './store.ts';

export async function getFile(ctx: Ctx, fileId: number): Promise<Answer> {
  return ok(presentFile(await allowOnFile(ctx, 'file.read', fileId)));
}

/** The bytes of a file, or of a part of it. */
export async function downloadFile(ctx: Ctx, fileId: number, isAttachment: boolean): Promise<Answer> {
  const file = await allowOnFile(ctx, 'file.read', fileId);
  return okFile(bytesOfFile(file, { isAttachment, isShared: false }, sourceOf(ctx, file.blob_name)));
}

/** Where the bytes of a blob are to be had. */
export function sourceOf(ctx: Ctx, name: string): BytesSource {
  const { link } = ctx.deps.files.blobs;
  return { open: opener(ctx, name), link: link && ((head) => link(name, head)) };
}

/** Reads a blob; one that has gone since it was looked up is 404, as its file is. */
export function opener({ deps }: Ctx, name: string): FileAnswer['open'] {
  return (from, to) =>
    deps.files.blobs.open(name, from, to).catch((error: unknown) => {
      throw error instanceof BlobMissing ? new AppError('FILE_NOT_FOUND') : error;
    });
}

/** The files of a room, newest first, whether they hang on a message or not. */
export async function listRoomFiles(ctx: Ctx, roomId: number, { limit, offset }: FilePage): Promise<Answer> {
  await allowInRoom(ctx, 'file.read', roomId);
  const files = await listFiles.all(ctx.db, { container_id: roomId, limit, offset });
  const total = (await findFileCount.first(ctx.db, { container_id: roomId }))?.file_count ?? 0;
  return ok({ files: files.map(presentFile), total, has_more: offset + files.length < total });
}
