import { type Static, Type } from 'typebox';
import { Component, Id, Limit, Nullable, Offset, Strict, Timestamp } from '../../schemas.ts';

export const File = Component('File', {
  file_id: Id,
  uuid: Type.String(),
  filename: Type.String({ description: 'Fit for every system; its ending is one of the type.' }),
  original_filename: Type.String({ description: 'As its sender called it, without a path.' }),
  description: Nullable(Type.String()),
  size: Type.Integer({ description: 'Bytes.' }),
  mime_type: Type.String({ description: 'By the bytes, whatever the sender said.' }),
  sha256: Type.String({ description: 'Of the bytes, in hexadecimal.' }),
  width: Nullable(Type.Integer({ description: 'Pixels, of pictures.' })),
  height: Nullable(Type.Integer()),
  url: Type.String(),
  thumbnail_url: Type.String(),
  uploader_id: Id,
  room_id: Nullable(Id),
  conversation_id: Nullable(Id),
  message_id: Nullable(Type.Integer({ description: 'The message it hangs on.' })),
  uploaded_at: Timestamp,
});

export const FileList = Component('FileList', {
  files: Type.Array(File),
  total: Type.Integer(),
  has_more: Type.Boolean(),
});

/** Bytes of whatever type the file has. */
export const Bytes = Type.String({ contentMediaType: 'application/octet-stream' });

const place = {
  room_id: Type.Optional(Id),
  conversation_id: Type.Optional(Id),
};
export const UploadQuery = Strict(place);
export const UploadForm = Strict({ ...place, description: Type.Optional(Type.String({ maxLength: 1_000 })) });
export const DownloadQuery = Strict({
  disposition: Type.Optional(Type.Enum(['attachment'], { description: 'Saved, also where a browser could show it.' })),
});
export const ThumbnailQuery = Strict({
  size: Type.Integer({ minimum: 16, maximum: 512, default: 256, description: 'No side is longer, in pixels.' }),
});
export const LinkBody = Strict({
  expires_in: Type.Integer({ minimum: 1, maximum: 604_800, default: 3_600, description: 'Seconds; a week at most.' }),
});
export const FileLink = Component('FileLink', { url: Type.String(), expires_at: Timestamp });
export const SharedQuery = Strict({
  expires: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: 'Seconds since 1970.' }),
  signature: Type.String({ maxLength: 100 }),
});
export const ListQuery = Strict({ limit: Limit, offset: Offset });
export type FilePage = Static<typeof ListQuery>;

export type UploadPlace = Static<typeof UploadQuery>;
export type UploadFields = Static<typeof UploadForm>;
