import type { Generated } from 'kysely';

/** Bytes that are kept once, however many files they are. */
export interface BlobRow {
  id: Generated<number>;
  sha256: string;
  /** Where the bytes are; never given to others. */
  name: string;
  size: number;
  /** Files and thumbnails that use it; the last one takes it away. */
  refs: number;
  created_at: number;
}

export interface FileRow {
  id: Generated<number>;
  uuid: string;
  /** Null: the uploader's alone. */
  container_id: number | null;
  message_id: number | null;
  /** Among the files of its message. */
  place: number;
  uploader_id: number;
  blob_id: number;
  filename: string;
  original_filename: string;
  description: string | null;
  mime_type: string;
  size: number;
  width: number | null;
  height: number | null;
  created_at: number;
}

/** Made of a blob's picture; no image where none could be made. */
export interface ThumbnailRow {
  blob_id: number;
  size: number;
  image_id: number | null;
}

/** What a user has uploaded that is still there. */
export interface UsageRow {
  user_id: number;
  files: number;
  bytes: number;
}
