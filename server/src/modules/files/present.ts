import type { FileAnswer } from '../../answer.ts';
import { timestamp } from '../../timestamp.ts';
import { baseType, kindOf } from './kinds.ts';
import type { Attachment, FileWithBlob } from './store.ts';

const urlOf = (id: number) => `/api/v1/files/${id}/download`;
const thumbnailUrlOf = (id: number) => `/api/v1/files/${id}/thumbnail`;

/** A file as everybody who may read it sees it. */
export function presentFile(file: FileWithBlob) {
  const isDirect = file.visibility === 'direct';
  return {
    file_id: file.id,
    uuid: file.uuid,
    filename: file.filename,
    original_filename: file.original_filename,
    description: file.description,
    size: file.size,
    mime_type: baseType(file.mime_type),
    sha256: file.sha256,
    width: file.width,
    height: file.height,
    url: urlOf(file.id),
    thumbnail_url: thumbnailUrlOf(file.id),
    uploader_id: file.uploader_id,
    room_id: isDirect ? null : file.container_id,
    conversation_id: isDirect ? file.container_id : null,
    message_id: file.message_id,
    uploaded_at: timestamp(file.created_at),
  };
}

/** What hangs on a message, as JSON. */
export function attachmentsJson(files: readonly Attachment[]): string {
  if (files.length === 0) return '[]';
  return JSON.stringify(
    files.map(({ id, filename, size, mime_type, width, height }) => ({
      file_id: id,
      filename,
      size,
      mime_type: baseType(mime_type),
      url: urlOf(id),
      thumbnail_url: thumbnailUrlOf(id),
      width,
      height,
    })),
  );
}

export type BytesSource = Pick<FileAnswer, 'open' | 'link'>;

/** What is sent of it; the bytes are the source's. */
export function bytesOfFile(
  file: FileWithBlob,
  { isAttachment, isShared }: { isAttachment: boolean; isShared: boolean },
  source: BytesSource,
): FileAnswer {
  return {
    size: file.size,
    digest: file.sha256,
    modifiedAt: file.created_at,
    type: file.mime_type,
    filename: file.filename,
    isInline: !isAttachment && kindOf(file.mime_type)?.isInline === true,
    isShared,
    ...source,
  };
}
