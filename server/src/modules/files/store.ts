import { sql } from 'kysely';
import { type QueryOfIds, queryOfEach, queryOfIds } from '../../db/many.ts';
import { type Builder, type Query, query } from '../../db/statement.ts';

/** A file with where its bytes are and what it hangs on. */
function fileWithBlob(q: Builder) {
  return q
    .selectFrom('files as f')
    .innerJoin('blobs as b', 'b.id', 'f.blob_id')
    .leftJoin('containers as c', 'c.id', 'f.container_id')
    .select([
      'f.id',
      'f.uuid',
      'f.container_id',
      'f.message_id',
      'f.uploader_id',
      'f.blob_id',
      'f.filename',
      'f.original_filename',
      'f.description',
      'f.mime_type',
      'f.size',
      'f.width',
      'f.height',
      'f.created_at',
      'b.sha256',
      'b.name as blob_name',
      'c.visibility',
    ]);
}

export const findFile = query((q, p: { id: number }) => fileWithBlob(q).where('f.id', '=', p.id));
export type FileWithBlob = typeof findFile extends Query<infer _, infer O> ? O : never;

/** Newest first. */
export const listFiles = query((q, p: { container_id: number; limit: number; offset: number }) =>
  fileWithBlob(q).where('f.container_id', '=', p.container_id).orderBy('f.id', 'desc').limit(p.limit).offset(p.offset),
);

export const findFileCount = query((q, p: { container_id: number }) =>
  q.selectFrom('containers').where('id', '=', p.container_id).select('file_count'),
);

export const findUsage = query((q, p: { user_id: number }) =>
  q.selectFrom('storage_usage').where('user_id', '=', p.user_id).select(['files', 'bytes']),
);

export const findBlob = query((q, p: { id: number }) => q.selectFrom('blobs').where('id', '=', p.id).select('id'));

export const findNameOfBytes = query((q, p: { sha256: string }) =>
  q.selectFrom('blobs').where('sha256', '=', p.sha256).select('name'),
);

/** Pictures of these bytes that could not be measured when they came. */
export const findUnmeasured = query((q, p: { blob_id: number }) =>
  q
    .selectFrom('files')
    .where('blob_id', '=', p.blob_id)
    .where('width', 'is', null)
    .orderBy('id')
    .select(['id', 'container_id', 'message_id', 'uploader_id']),
);

/** A small picture of a blob; without an image where none could be made. */
export const findThumbnail = query((q, p: { blob_id: number; size: number }) =>
  q
    .selectFrom('thumbnails as t')
    .leftJoin('blobs as b', 'b.id', 't.image_id')
    .where('t.blob_id', '=', p.blob_id)
    .where('t.size', '=', p.size)
    .select(['t.image_id', 'b.name', 'b.sha256', 'b.size']),
);

/** Files whose room is no more, some at a time. */
export const findOrphans = query((q, p: { limit: number }) =>
  fileWithBlob(q)
    // A literal, for the partial index.
    .where('f.container_id', 'in', ({ selectFrom }) =>
      selectFrom('containers').where('visibility', '=', sql.lit('deleted')).select('id'),
    )
    .orderBy('f.id')
    .limit(p.limit),
);

/** The blob of a name, if any; what has none is nobody's. */
export const findBlobNames = queryOfEach({ name: 'text' }, (q, p: { name: string }) =>
  q.selectFrom('blobs').where('name', '=', p.name).select('name'),
);

const attachmentColumns = ['id', 'message_id', 'filename', 'size', 'mime_type', 'width', 'height'] as const;

/** What hangs on messages, in the order in which it was named. */
export const findAttachments = queryOfIds((q, ids) =>
  q.selectFrom('files').where('message_id', 'in', ids).orderBy('message_id').orderBy('place').select(attachmentColumns),
);
export type Attachment = typeof findAttachments extends QueryOfIds<infer O> ? O : never;

/** Files that are to hang on a message, with what decides whether they may. */
export const findAttachable = queryOfIds((q, ids) =>
  q
    .selectFrom('files')
    .where('id', 'in', ids)
    .select([...attachmentColumns, 'container_id', 'uploader_id']),
);
export type AttachableFile = typeof findAttachable extends QueryOfIds<infer O> ? O : never;

/** The files of one message, as they are deleted with it. */
export const findFilesOfMessage = query((q, p: { message_id: number }) =>
  fileWithBlob(q).where('f.message_id', '=', p.message_id).orderBy('f.place'),
);
