import { createHash } from 'node:crypto';
import { BlobsUnavailable } from '../../adapters/blobs/blobs.ts';
import { ImagesBusy, type PictureFailure, type Rendered } from '../../adapters/images/images.ts';
import { type Ctx, type WriteCtx, write } from '../../context.ts';
import { StorageFull } from '../../db/database.ts';
import { AppError } from '../../errors.ts';
import { deleteThumbnail, insertThumbnail, useBlob } from './change_store.ts';
import { dropUse, removeBlobs } from './drop.ts';
import { findLost } from './lost.ts';
import { readerOf } from './measure.ts';
import { type FileWithBlob, findBlob } from './store.ts';

interface Place {
  readonly blob_id: number;
  readonly size: number;
  /** The image that was kept there and is lost. */
  readonly lost: number | null;
}

/** Makes a small picture and keeps it, or that none can be made of this one; where there is no room for it, it is made all the same. */
export async function render(ctx: Ctx, file: FileWithBlob, place: Place): Promise<Rendered | PictureFailure> {
  const read = readerOf(ctx, file.blob_name, file.size);
  const bytes = await ctx.deps.files.images.shrink(read, place.size, ctx.actor.userId).catch((error: unknown) => {
    throw error instanceof ImagesBusy ? new AppError('SERVICE_UNAVAILABLE', { reason: 'overloaded' }, 1) : error;
  });
  if (bytes === 'failed') return bytes;
  const kept = bytes === 'unreadable' ? keepNone(ctx, place) : keep(ctx, place, bytes);
  await kept.catch((error: unknown) => {
    if (!(error instanceof StorageFull || error instanceof BlobsUnavailable)) throw error;
  });
  return bytes === 'unreadable' ? bytes : { bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
}

function keepNone(ctx: Ctx, place: Place): Promise<void> {
  return write(ctx, 'file.thumbnail', async (inner) => {
    await requireBlob(inner, place);
    await insertThumbnail.run(inner.db, { ...place, image_id: null });
  });
}

async function keep(ctx: Ctx, place: Place, bytes: Uint8Array): Promise<void> {
  const draft = await ctx.deps.files.blobs.receive(oneChunk(bytes));
  const { size, sha256 } = draft;
  const name = await draft.keep();
  let unused: readonly string[] = [];
  try {
    const image = { name, sha256, size, at: ctx.now, lost: await findLost(ctx, sha256) };
    unused = await write(ctx, 'file.thumbnail', (inner) => putImage(inner, place, image));
  } catch (error) {
    // Where it is not known whether the row was kept, the bytes stay until the sweep knows.
    if (error instanceof AppError || error instanceof StorageFull) unused = [name];
    throw error;
  } finally {
    await removeBlobs(ctx, unused);
  }
}

/** Counts the picture as in use, unless another node was faster; resolves with the names of bytes that nothing uses. */
async function putImage(ctx: WriteCtx, place: Place, image: Parameters<typeof useBlob.first>[1]): Promise<string[]> {
  await requireBlob(ctx, place);
  const used = await useBlob.first(ctx.db, image);
  const image_id = used?.id as number;
  const unused = used?.name === image.name ? [] : [image.name];
  if (place.lost !== null && (await deleteThumbnail.first(ctx.db, { ...place, image_id: place.lost })))
    unused.push(...(await dropUse(ctx, place.lost)));
  const isFirst = (await insertThumbnail.run(ctx.db, { ...place, image_id })) === 1;
  return isFirst ? unused : [...unused, ...(await dropUse(ctx, image_id))];
}

async function requireBlob(ctx: Ctx, { blob_id }: Place): Promise<void> {
  if (!(await findBlob.first(ctx.db, { id: blob_id }))) throw new AppError('FILE_NOT_FOUND');
}

async function* oneChunk(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
