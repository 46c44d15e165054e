import { ImagesBusy, type PictureSize, type ReadPicture } from '../../adapters/images/images.ts';
import { type Ctx, lockStreams, type WriteCtx, write } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { raiseVersion, setPixels } from './change_store.ts';
import { opener } from './read.ts';
import { type FileWithBlob, findUnmeasured } from './store.ts';

/** Larger pictures are not read: one is in memory as a whole. */
export const MAX_SOURCE = 32 * 1024 * 1024;

/** The size of a picture in pixels; undefined of one that cannot be read, or not now. */
export async function measure(ctx: Ctx, name: string, size: number): Promise<PictureSize | undefined> {
  if (size > MAX_SOURCE) return undefined;
  const found = await ctx.deps.files.images.measure(readerOf(ctx, name, size)).catch((error: unknown) => {
    if (error instanceof ImagesBusy || error instanceof AppError) return undefined;
    throw error;
  });
  return typeof found === 'string' ? undefined : found;
}

/** Fills in what could not be measured at the upload. Whoever asks for something else waits for it, and is not told of a failure. */
export async function measureLate(ctx: Ctx, file: FileWithBlob): Promise<void> {
  try {
    const pixels = await measure(ctx, file.blob_name, file.size);
    if (pixels === undefined) return;
    await write(ctx, 'file.measure', async (inner) => {
      const files = await lockUnmeasured(inner, file.blob_id);
      for (const { id } of files) await setPixels.run(inner.db, { id, ...pixels });
      const messages = new Set(files.flatMap(({ message_id }) => (message_id === null ? [] : [message_id])));
      for (const message_id of messages) await raiseVersion.run(inner.db, { message_id });
    });
  } catch (error) {
    ctx.deps.log.warn({ err: error }, 'a picture could not be measured; it is tried again');
  }
}

/** Locks the rooms of the files and their uploaders, then reads them again until nothing has changed. */
async function lockUnmeasured(ctx: WriteCtx, blob_id: number) {
  for (let before = ''; ; ) {
    const files = await findUnmeasured.all(ctx.db, { blob_id });
    const state = JSON.stringify(files);
    if (state === before) return files;
    before = state;
    await lockStreams(ctx, {
      containers: files.flatMap(({ container_id }) => (container_id === null ? [] : [container_id])),
      users: files.map(({ uploader_id }) => uploader_id),
    });
  }
}

/** Reads a blob of this size into memory of its own, which can be handed over to another thread. */
export function readerOf(ctx: Ctx, name: string, size: number): ReadPicture {
  return async () => {
    const bytes = new Uint8Array(size);
    let at = 0;
    for await (const part of await opener(ctx, name)(0, size - 1)) {
      bytes.set(part as Buffer, at);
      at += (part as Buffer).length;
    }
    return bytes;
  };
}
