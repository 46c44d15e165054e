import { ImagesBusy, type PictureSize } from '../../adapters/images/images.ts';
import { type Answer, type FileAnswer, okFile } from '../../answer.ts';
import { type Ctx, type Deps, write } from '../../context.ts';
import { StorageFull } from '../../db/database.ts';
import { AppError } from '../../errors.ts';
import { allowOnFile } from './access.ts';
import { insertThumbnail, useBlob } from './change_store.ts';
import { dropUse, removeBlobs } from './drop.ts';
import { iconOf } from './icons.ts';
import { kindOf } from './kinds.ts';
import { opener } from './read.ts';
import { type FileWithBlob, findBlob, findThumbnail } from './store.ts';

/** The sides that are made: of the next smaller one there is always one no longer than was asked for, and not one for each number. */
const SIDES = [16, 32, 48, 64, 96, 128, 192, 256, 384, 512] as const;
/** Larger pictures are not read: one is in memory as a whole. */
const MAX_SOURCE = 32 * 1024 * 1024;

/** A small picture of a file: of pictures what they show, of everything else, and of what cannot be read, what kind it is. */
export async function getThumbnail(ctx: Ctx, fileId: number, size: number): Promise<Answer> {
  const file = await allowOnFile(ctx, 'file.read', fileId);
  const kind = kindOf(file.mime_type);
  if (kind?.isRaster !== true || file.size > MAX_SOURCE) return okFile(iconOf(kind?.icon ?? 'document'));
  const side = SIDES.findLast((one) => one <= size) ?? SIDES[0];
  const kept =
    (await findThumbnail.first(ctx.db, { blob_id: file.blob_id, size: side })) ?? (await make(ctx, file, side));
  return okFile(kept.name === null ? iconOf(kind.icon) : pictureOf(ctx, file, kept as Kept<string>));
}

interface Kept<N = string | null> {
  /** Null: none could be made. */
  readonly name: N;
  readonly sha256: N;
  readonly size: number | null;
}

function pictureOf(ctx: Ctx, file: FileWithBlob, { name, sha256, size }: Kept<string>): FileAnswer {
  const picture = { digest: sha256, type: 'image/webp', filename: `${file.filename}.webp`, isInline: true };
  const open = opener(ctx, name);
  return { ...picture, size: size ?? 0, modifiedAt: file.created_at, isShared: false, open };
}

/** What is being made, by blob and side: whoever asks meanwhile gets it too. */
const making = new WeakMap<Deps['files'], Map<string, Promise<Kept>>>();

function make(ctx: Ctx, file: FileWithBlob, side: number): Promise<Kept> {
  const running = making.get(ctx.deps.files) ?? new Map<string, Promise<Kept>>();
  making.set(ctx.deps.files, running);
  const key = `${file.blob_id} ${side}`;
  let promise = running.get(key);
  if (!promise) {
    promise = render(ctx, file, side).finally(() => running.delete(key));
    running.set(key, promise);
  }
  return promise;
}

async function render(ctx: Ctx, file: FileWithBlob, side: number): Promise<Kept> {
  const { blobs, images } = ctx.deps.files;
  const webp = await images.shrink(await bytesOf(ctx, file.blob_name), side).catch((error: unknown) => {
    throw error instanceof ImagesBusy ? new AppError('SERVICE_UNAVAILABLE', { reason: 'overloaded' }, 1) : error;
  });
  if (webp === undefined) {
    await keep(ctx, file.blob_id, side, undefined);
    return { name: null, sha256: null, size: null };
  }
  const draft = await blobs.receive(once(webp));
  const picture = { name: await draft.keep(), sha256: draft.sha256, size: draft.size };
  const name = await keep(ctx, file.blob_id, side, picture).catch(async (error: unknown) => {
    if (error instanceof AppError || error instanceof StorageFull) await removeBlobs(ctx, [picture.name]);
    throw error;
  });
  if (name !== picture.name) await removeBlobs(ctx, [picture.name]);
  return { ...picture, name };
}

/** Counts the picture as in use, unless another node was faster; resolves with where it is. */
function keep(
  ctx: Ctx,
  blob_id: number,
  size: number,
  picture: { name: string; sha256: string; size: number } | undefined,
) {
  return write(ctx, 'file.thumbnail', async (inner) => {
    const { db } = inner;
    if (!(await findBlob.first(db, { id: blob_id }))) throw new AppError('FILE_NOT_FOUND');
    const image = picture && (await useBlob.first(db, { ...picture, at: ctx.now }));
    const isFirst = (await insertThumbnail.run(db, { blob_id, size, image_id: image?.id ?? null })) === 1;
    if (!isFirst && image) await dropUse(inner, image.id);
    return image?.name ?? '';
  });
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}

/** The size of a picture in pixels; undefined of one that cannot be read, or not now. */
export async function measure(ctx: Ctx, name: string, size: number): Promise<PictureSize | undefined> {
  if (size > MAX_SOURCE) return undefined;
  return ctx.deps.files.images.measure(await bytesOf(ctx, name)).catch((error: unknown) => {
    if (error instanceof ImagesBusy) return undefined;
    throw error;
  });
}

async function bytesOf(ctx: Ctx, name: string): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Buffer[] = [];
  for await (const part of await opener(ctx, name)(0, Number.MAX_SAFE_INTEGER)) parts.push(part as Buffer);
  // In memory of its own, which is handed over to the thread.
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
