import { Readable } from 'node:stream';
import type { PictureFailure, Rendered } from '../../adapters/images/images.ts';
import { type Answer, type FileAnswer, okFile } from '../../answer.ts';
import type { Ctx } from '../../context.ts';
import { allowOnFile } from './access.ts';
import { iconOf } from './icons.ts';
import { kindOf } from './kinds.ts';
import { MAX_SOURCE, measureLate } from './measure.ts';
import { sourceOf } from './read.ts';
import { render } from './render.ts';
import { type FileWithBlob, findThumbnail } from './store.ts';

/** Thumbnails are made in these sizes only; a request gets the largest that is not above what it asked for. */
const SIDES = [16, 32, 48, 64, 96, 128, 192, 256, 384, 512] as const;
/** How long nobody tries again what has failed for no fault of the picture: it may have taken all the time it had. */
const REST_MS = 60_000;

/** A small picture of a file: of pictures what they show, of everything else, and of what cannot be read, what kind it is. */
export async function getThumbnail(ctx: Ctx, fileId: number, size: number): Promise<Answer> {
  const file = await allowOnFile(ctx, 'file.read', fileId);
  const kind = kindOf(file.mime_type);
  if (kind?.isRaster !== true || file.size > MAX_SOURCE) return okFile(iconOf(kind?.icon ?? 'document'));
  const side = SIDES.findLast((one) => one <= size) ?? SIDES[0];
  const picture = await pictureOf(ctx, file, side);
  if (picture === undefined) return okFile(iconOf(kind.icon));
  if (file.width === null) await measureLate(ctx, file);
  const named = { type: 'image/webp', filename: `${file.filename}.webp`, isInline: true, isShared: false };
  return okFile({ ...picture, ...named, modifiedAt: file.created_at });
}

type Picture = Pick<FileAnswer, 'size' | 'digest' | 'open' | 'link'>;

/** What is kept, or what is made when there is none or its bytes are lost; undefined where none can be made. */
async function pictureOf(ctx: Ctx, file: FileWithBlob, side: number): Promise<Picture | undefined> {
  const kept = await findThumbnail.first(ctx.db, { blob_id: file.blob_id, size: side });
  if (kept?.image_id === null) return undefined;
  const { name = null, sha256 = null, size = null } = kept ?? {};
  if (name !== null && sha256 !== null && size !== null && (await ctx.deps.files.blobs.has(name)))
    return { size, digest: sha256, ...sourceOf(ctx, name) };
  const made = await make(ctx, file, side, kept?.image_id ?? null);
  if (typeof made === 'string') return undefined;
  const { bytes, sha256: digest } = made;
  const open: Picture['open'] = async (from, to) => Readable.from([bytes.subarray(from, to + 1)]);
  return { size: bytes.length, digest, open, link: undefined };
}

function make(ctx: Ctx, file: FileWithBlob, size: number, lost: number | null): Promise<Rendered | PictureFailure> {
  const { making } = ctx.deps.files;
  const key = `${file.blob_id} ${size}`;
  const running = making.get(key);
  if (running !== undefined) return running;
  const promise = render(ctx, file, { blob_id: file.blob_id, size, lost });
  making.set(key, promise);
  const forget = () => void making.delete(key);
  promise.then((made) => (made === 'failed' ? void setTimeout(forget, REST_MS).unref() : forget()), forget);
  return promise;
}
