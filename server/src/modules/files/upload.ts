import { randomUUID } from 'node:crypto';
import { BlobsUnavailable, type Draft } from '../../adapters/blobs/blobs.ts';
import type { PictureSize } from '../../adapters/images/images.ts';
import { type Answer, created } from '../../answer.ts';
import { type Ctx, emit, type WriteCtx, write } from '../../context.ts';
import { StorageFull } from '../../db/database.ts';
import { AppError, invalid, invalidField } from '../../errors.ts';
import type { IncomingFile, IncomingForm } from '../../form.ts';
import { once } from '../../idempotency.ts';
import { hasForbiddenText } from '../../text.ts';
import { allowUpload } from './access.ts';
import { addToFileCount, insertFile, useBlob } from './change_store.ts';
import { detect } from './detect.ts';
import { removeBlobs } from './drop.ts';
import { type Inspection, inspect } from './inspect.ts';
import { kinds } from './kinds.ts';
import { findLost } from './lost.ts';
import { measure } from './measure.ts';
import { originalName, safeName } from './names.ts';
import { presentFile } from './present.ts';
import { requireQuota, reserve } from './quota.ts';
import type { UploadFields, UploadPlace } from './schema.ts';
import { type FileWithBlob, findFile } from './store.ts';

interface Received {
  readonly sha256: string;
  readonly draft: Draft;
  readonly inspection: Inspection;
  readonly name: string;
}

/**
 * Takes a file in as it comes. Who may not is told before the bytes are read, as far as query and earlier fields say where to, and
 * asked again before it counts. Its bytes are on stable storage before its row is; a refusal leaves neither.
 */
export async function uploadFile(ctx: Ctx, query: UploadPlace, form: IncomingForm<UploadFields>): Promise<Answer> {
  refuseTwoPlaces(query);
  if (hasPlace(query)) await allowUpload(ctx, query);
  let draft: Draft | undefined;
  const receive = async (file: IncomingFile<UploadFields>): Promise<Received> => {
    const early = placeOf(query, file.fields);
    if (!hasPlace(query)) await allowUpload(ctx, early);
    await requireQuota(ctx);
    const most = ctx.deps.config.MAX_FILE_BYTES;
    const { content, result } = inspect(file.content, most, () => tooLarge(most));
    draft = await ctx.deps.files.blobs.receive(content);
    return { sha256: draft.sha256, draft, inspection: result(), name: file.name };
  };
  try {
    const { fields, file, actor, isRefused } = await form.read(receive);
    const place = placeOf(query, fields);
    const description = descriptionOf(fields);
    const asked = { ...ctx, actor, now: ctx.deps.now() };
    const row = await judge(asked, file);
    await allowUpload(asked, place);
    draft = undefined;
    return await commit(asked, place, { ...row, description }, file.draft, isRefused);
  } finally {
    await draft?.discard();
  }
}

const tooLarge = (most: number) => new AppError('FILE_TOO_LARGE', { field: 'file', max_bytes: most });

const hasPlace = ({ room_id, conversation_id }: UploadPlace) => room_id !== undefined || conversation_id !== undefined;

function refuseTwoPlaces({ room_id, conversation_id }: UploadPlace): void {
  if (room_id !== undefined && conversation_id !== undefined)
    throw invalid([{ field: 'conversation_id', reason: 'excludes_other_place', other: 'room_id' }]);
}

/** Query and form may both say where to, but not two things. */
function placeOf(query: UploadPlace, fields: Partial<UploadFields>): UploadPlace {
  for (const name of ['room_id', 'conversation_id'] as const) {
    if (query[name] !== undefined && fields[name] !== undefined && query[name] !== fields[name])
      throw invalidField(name, 'differs_from_query');
  }
  const room_id = query.room_id ?? fields.room_id;
  const conversation_id = query.conversation_id ?? fields.conversation_id;
  const place = {
    ...(room_id === undefined ? {} : { room_id }),
    ...(conversation_id === undefined ? {} : { conversation_id }),
  };
  refuseTwoPlaces(place);
  return place;
}

function descriptionOf({ description = '' }: UploadFields): string | null {
  if (hasForbiddenText(description)) throw invalidField('description', 'forbidden_characters');
  return description.trim() === '' ? null : description;
}

/** What the bytes are; raises 400 for none and 415 for a type that is not taken. */
async function judge(ctx: Ctx, { inspection, name }: Received) {
  if (inspection.size === 0) throw invalidField('file', 'empty');
  const { kind, mime } = await detect(inspection, name);
  const allowed: readonly string[] = ctx.deps.config.FILE_TYPES;
  if (kind === undefined || !allowed.includes(kind))
    throw new AppError('UNSUPPORTED_MEDIA_TYPE', { field: 'file', detected: mime, allowed });
  return {
    filename: safeName(name, kind),
    original_filename: originalName(name),
    mime_type: mime.startsWith(kinds[kind].mime) ? mime : kinds[kind].mime,
    size: inspection.size,
    isRaster: kinds[kind].isRaster,
  };
}

type NewFile = Awaited<ReturnType<typeof judge>> & { description: string | null };

async function commit(
  ctx: Ctx,
  place: UploadPlace,
  row: NewFile,
  draft: Draft,
  isRefused: () => boolean,
): Promise<Answer> {
  const name = await draft.keep();
  let isUsed = false;
  try {
    const pixels = row.isRaster ? await measure(ctx, name, row.size) : undefined;
    const bytes = { name, sha256: draft.sha256, lost: await findLost(ctx, draft.sha256) };
    return await write(ctx, 'file.upload', async (inner) => {
      isUsed = false;
      if (isRefused()) throw new AppError('REQUEST_TIMEOUT');
      await allowUpload(inner, place);
      return once(inner, async () => {
        const file = await store(inner, place, { ...row, pixels }, bytes);
        isUsed = file.blob_name === name;
        return created(presentFile(file));
      });
    });
  } catch (error) {
    // Where it is not known whether the row was kept, the bytes stay until the sweep knows.
    isUsed = !(error instanceof AppError || error instanceof StorageFull || error instanceof BlobsUnavailable);
    throw error;
  } finally {
    if (!isUsed) await removeBlobs(ctx, [name]);
  }
}

async function store(
  ctx: WriteCtx,
  place: UploadPlace,
  { isRaster: _, pixels, ...row }: NewFile & { pixels: PictureSize | undefined },
  bytes: { name: string; sha256: string; lost: string },
) {
  const container_id = place.room_id ?? place.conversation_id ?? null;
  const uploader_id = ctx.actor.userId;
  const blob = await useBlob.first(ctx.db, { ...bytes, size: row.size, at: ctx.now });
  const inserted = await insertFile.first(ctx.db, {
    ...row,
    width: pixels?.width ?? null,
    height: pixels?.height ?? null,
    uuid: randomUUID(),
    container_id,
    uploader_id,
    blob_id: blob?.id as number,
    created_at: ctx.now,
  });
  const id = inserted?.id as number;
  const data = { file_id: id };
  if (container_id === null) await emit(ctx, { type: 'private_file_uploaded', userId: uploader_id, data });
  else await emit(ctx, { type: 'file_uploaded', containerId: container_id, data });
  if (container_id !== null) await addToFileCount.run(ctx.db, { id: container_id, delta: 1 });
  await reserve(ctx, row.size);
  return (await findFile.first(ctx.db, { id })) as FileWithBlob;
}
