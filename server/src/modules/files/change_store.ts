import { sql } from 'kysely';
import { updateOfEach } from '../../db/many.ts';
import { change, query } from '../../db/statement.ts';
import type { CounterName } from '../../db/tables.ts';
import type { FileRow } from '../../db/tables_of_files.ts';

/** The blob of these bytes, with one more use: the one that is there, or a new one under the name given, which also takes the place of a lost one. */
export const useBlob = query((q, p: { sha256: string; name: string; size: number; at: number; lost: string }) =>
  q
    .insertInto('blobs')
    .values({ sha256: p.sha256, name: p.name, size: p.size, refs: 1, created_at: p.at })
    .onConflict((conflict) =>
      conflict.column('sha256').doUpdateSet({
        refs: sql<number>`blobs.refs + 1`,
        name: sql<string>`case when blobs.name = ${p.lost} then excluded.name else blobs.name end`,
      }),
    )
    .returning(['id', 'name']),
);

export const releaseBlob = query((q, p: { id: number }) =>
  q.updateTable('blobs').set({ refs: sql<number>`refs - 1` }).where('id', '=', p.id).returning('refs'),
);

export const deleteBlob = query((q, p: { id: number }) =>
  q.deleteFrom('blobs').where('id', '=', p.id).where('refs', '=', 0).returning('name'),
);

export const deleteThumbnails = query((q, p: { blob_id: number }) =>
  q.deleteFrom('thumbnails').where('blob_id', '=', p.blob_id).returning('image_id'),
);

/** The one with this image, if it is still that. */
export const deleteThumbnail = query((q, p: { blob_id: number; size: number; image_id: number }) =>
  q
    .deleteFrom('thumbnails')
    .where('blob_id', '=', p.blob_id)
    .where('size', '=', p.size)
    .where('image_id', '=', p.image_id)
    .returning('blob_id'),
);

/** Changes nothing where there is one already. */
export const insertThumbnail = change((q, p: { blob_id: number; size: number; image_id: number | null }) =>
  q
    .insertInto('thumbnails')
    .values({ blob_id: p.blob_id, size: p.size, image_id: p.image_id })
    .onConflict((conflict) => conflict.doNothing()),
);

type NewFile = Omit<FileRow, 'id' | 'message_id' | 'place'>;

export const insertFile = query((q, p: NewFile) =>
  q
    .insertInto('files')
    .values({
      uuid: p.uuid,
      container_id: p.container_id,
      message_id: null,
      place: 0,
      uploader_id: p.uploader_id,
      blob_id: p.blob_id,
      filename: p.filename,
      original_filename: p.original_filename,
      description: p.description,
      mime_type: p.mime_type,
      size: p.size,
      width: p.width,
      height: p.height,
      created_at: p.created_at,
    })
    .returning('id'),
);

/** Nothing where somebody else was faster. */
export const deleteFileRow = query((q, p: { id: number }) =>
  q.deleteFrom('files').where('id', '=', p.id).returning(['id', 'blob_id', 'uploader_id', 'container_id', 'size']),
);

export const setPixels = change((q, p: { id: number; width: number; height: number }) =>
  q.updateTable('files').set({ width: p.width, height: p.height }).where('id', '=', p.id),
);

/** What a message shows of its files has changed. */
export const raiseVersion = change((q, p: { message_id: number }) =>
  q.updateTable('messages').set({ version: sql<number>`version + 1` }).where('id', '=', p.message_id),
);

export const openUsage = change((q, p: { user_id: number }) =>
  q
    .insertInto('storage_usage')
    .values({ user_id: p.user_id, files: 0, bytes: 0 })
    .onConflict((conflict) => conflict.doNothing()),
);

/** Changes nothing where the limit would be passed; 0 is none. */
export const addToUsage = change((q, p: { user_id: number; bytes: number; limit: number }) =>
  q
    .updateTable('storage_usage')
    .set({ files: sql<number>`files + 1`, bytes: sql<number>`bytes + ${p.bytes}` })
    .where('user_id', '=', p.user_id)
    .where(sql<boolean>`(cast(${p.limit} as bigint) = 0 or bytes + ${p.bytes} <= cast(${p.limit} as bigint))`),
);

export const takeFromUsage = change((q, p: { user_id: number; bytes: number; files: number }) =>
  q
    .updateTable('storage_usage')
    .set({ files: sql<number>`files - ${p.files}`, bytes: sql<number>`bytes - ${p.bytes}` })
    .where('user_id', '=', p.user_id),
);

export const addToFileCount = change((q, p: { id: number; delta: number }) =>
  q
    .updateTable('containers')
    .set({ file_count: sql<number>`file_count + ${p.delta}` })
    .where('id', '=', p.id),
);

/** One row all files of the server meet at: run it last. Changes nothing where the limit would be passed; 0 is none. */
export const addToTotal = change((q, p: { name: CounterName; delta: number; limit: number }) =>
  q
    .updateTable('counters')
    .set({ value: sql<number>`value + ${p.delta}` })
    .where('name', '=', p.name)
    .where(sql<boolean>`(cast(${p.limit} as bigint) = 0 or value + ${p.delta} <= cast(${p.limit} as bigint))`),
);

/** Hangs files on a message, and puts them where it is. */
export const attach = updateOfEach(
  { id: 'bigint', message_id: 'bigint', container_id: 'bigint', place: 'bigint' },
  (q, p: { id: number; message_id: number; container_id: number; place: number }) =>
    q
      .updateTable('files')
      .set({ message_id: p.message_id, container_id: p.container_id, place: p.place })
      .where('files.id', '=', p.id),
);

/** A message shows one file less. */
export const detach = query((q, p: { id: number }) =>
  q
    .updateTable('messages')
    .set({ attachment_count: sql<number>`attachment_count - 1`, version: sql<number>`version + 1` })
    .where('id', '=', p.id)
    .returning('version'),
);
