import type { FileKind } from '../../config_schema.ts';

export type Icon = 'image' | 'audio' | 'video' | 'text' | 'document' | 'archive';

interface Kind {
  readonly mime: string;
  /** The endings its names have; the first one is given to a name that has another. */
  readonly endings: readonly string[];
  /** Shown by a browser that is sent there; what could run something never is. */
  readonly isInline: boolean;
  /** Pictures whose pixels we read. */
  readonly isRaster: boolean;
  readonly icon: Icon;
}

const raster = (mime: string, ...endings: string[]): Kind => ({
  ...{ mime, endings, isInline: true, isRaster: true, icon: 'image' },
});
const shown = (icon: Kind['icon'], mime: string, ...endings: string[]): Kind => ({
  ...{ mime, endings, isInline: true, isRaster: false, icon },
});
const saved = (icon: Kind['icon'], mime: string, ...endings: string[]): Kind => ({
  ...{ mime, endings, isInline: false, isRaster: false, icon },
});

const office = 'application/vnd.openxmlformats-officedocument';

/** What each type is called, and what may be done with it. */
export const kinds: Readonly<Record<FileKind, Kind>> = {
  jpg: raster('image/jpeg', 'jpg', 'jpeg', 'jpe', 'jfif'),
  png: raster('image/png', 'png'),
  gif: raster('image/gif', 'gif'),
  webp: raster('image/webp', 'webp'),
  avif: raster('image/avif', 'avif'),
  svg: saved('image', 'image/svg+xml', 'svg'),
  pdf: saved('document', 'application/pdf', 'pdf'),
  txt: shown('text', 'text/plain', 'txt', 'text', 'log'),
  md: saved('text', 'text/markdown', 'md', 'markdown'),
  csv: saved('text', 'text/csv', 'csv'),
  json: saved('text', 'application/json', 'json'),
  docx: saved('document', `${office}.wordprocessingml.document`, 'docx'),
  xlsx: saved('document', `${office}.spreadsheetml.sheet`, 'xlsx'),
  pptx: saved('document', `${office}.presentationml.presentation`, 'pptx'),
  odt: saved('document', 'application/vnd.oasis.opendocument.text', 'odt'),
  zip: saved('archive', 'application/zip', 'zip'),
  mp3: shown('audio', 'audio/mpeg', 'mp3'),
  m4a: shown('audio', 'audio/mp4', 'm4a'),
  ogg: shown('audio', 'audio/ogg', 'ogg', 'oga', 'opus'),
  flac: shown('audio', 'audio/flac', 'flac'),
  wav: shown('audio', 'audio/wav', 'wav'),
  mp4: shown('video', 'video/mp4', 'mp4', 'm4v'),
  webm: shown('video', 'video/webm', 'webm'),
  mov: shown('video', 'video/quicktime', 'mov', 'qt'),
};

const byMime = new Map(Object.values(kinds).map((kind) => [kind.mime, kind]));

/** The kind of a stored type, which may say more after a semicolon. */
export function kindOf(mimeType: string): Kind | undefined {
  return byMime.get(baseType(mimeType));
}

export const baseType = (mimeType: string): string => mimeType.split(';', 1)[0] as string;
