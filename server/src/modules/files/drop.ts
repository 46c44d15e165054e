import type { Ctx, WriteCtx } from '../../context.ts';
import {
  addToFileCount,
  addToTotal,
  deleteBlob,
  deleteFileRow,
  deleteThumbnails,
  releaseBlob,
  takeFromUsage,
} from './change_store.ts';

type FileRow = Awaited<ReturnType<typeof deleteFileRow.all>>[number];

interface Dropped {
  readonly count: number;
  /** Of bytes that nothing uses any more. */
  readonly names: readonly string[];
}

/** Takes files and what is counted of them out of the database, but for those that somebody else takes out at the same time. */
export async function dropFiles(ctx: WriteCtx, wanted: readonly { readonly id: number }[]): Promise<Dropped> {
  const files: FileRow[] = [];
  for (const { id } of wanted) files.push(...(await deleteFileRow.all(ctx.db, { id })));
  const names = files.length === 0 ? [] : await uncountFiles(ctx, files);
  return { count: files.length, names };
}

async function uncountFiles(ctx: WriteCtx, files: readonly FileRow[]): Promise<string[]> {
  const names: string[] = [];
  // In one order for all, so that two never wait for each other.
  for (const id of sorted(files.map(({ blob_id }) => blob_id))) names.push(...(await dropUse(ctx, id)));
  for (const user_id of sorted(new Set(files.map(({ uploader_id }) => uploader_id)))) {
    const own = files.filter(({ uploader_id }) => uploader_id === user_id);
    await takeFromUsage.run(ctx.db, { user_id, files: own.length, bytes: sizeOf(own) });
  }
  const places = files.flatMap(({ container_id }) => (container_id === null ? [] : [container_id]));
  for (const id of sorted(new Set(places)))
    await addToFileCount.run(ctx.db, { id, delta: -places.filter((place) => place === id).length });
  await addToTotal.run(ctx.db, { name: 'file_bytes', delta: -sizeOf(files), limit: 0 });
  await addToTotal.run(ctx.db, { name: 'files', delta: -files.length, limit: 0 });
  return names;
}

/** One use less; with the last one the thumbnails go too. */
export async function dropUse(ctx: WriteCtx, id: number): Promise<string[]> {
  const left = await releaseBlob.first(ctx.db, { id });
  if (left?.refs !== 0) return [];
  const names: string[] = [];
  const images = await deleteThumbnails.all(ctx.db, { blob_id: id });
  for (const image of sorted(images.flatMap(({ image_id }) => (image_id === null ? [] : [image_id]))))
    names.push(...(await dropUse(ctx, image)));
  const gone = await deleteBlob.first(ctx.db, { id });
  return gone ? [...names, gone.name] : names;
}

/**
 * Takes bytes away once it is durable that nothing uses them, up to the first that cannot be: nobody waits for a place that is out of
 * order. What this leaves, for whatever reason, the sweep takes.
 */
export async function removeBlobs({ deps }: Ctx, names: readonly string[]): Promise<void> {
  try {
    for (const name of names) await deps.files.blobs.remove(name);
  } catch (error) {
    deps.log.warn({ err: error }, 'bytes could not be removed; they are swept later');
  }
}

const sizeOf = (files: readonly FileRow[]) => files.reduce((sum, { size }) => sum + size, 0);
const sorted = (ids: Iterable<number>) => [...ids].sort((a, b) => a - b);
