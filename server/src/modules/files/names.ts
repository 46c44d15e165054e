import type { FileKind } from '../../config_schema.ts';
import { kinds } from './kinds.ts';

const MAX_BYTES = 255;
/** What ends lines, turns text around or shows nothing, and what paths and shells of some system read in their own way. */
const FORBIDDEN = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff<>:"/\\|?*]/gu;
/** Names of devices, with whatever ending. */
const DEVICES = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** The name without a path, as its sender wrote it, but for what no database keeps. */
export function originalName(sent: string): string {
  const name = lastPart(unescaped(sent)).toWellFormed().replaceAll('\0', '').trim();
  return cutTo(name, MAX_BYTES) || 'file';
}

/** A name that every system takes, whose ending is one of its type's: what is saved opens as what it is. */
export function safeName(sent: string, kind: FileKind): string {
  const clean = lastPart(unescaped(sent))
    .toWellFormed()
    .normalize('NFC')
    .replaceAll(FORBIDDEN, '_')
    .replace(/^[.\s]+|[.\s]+$/gu, '');
  const { endings } = kinds[kind];
  const ending = /\.([^.]*)$/.exec(clean)?.[1]?.toLowerCase() ?? '';
  const isFitting = endings.includes(ending);
  const tail = isFitting ? clean.slice(clean.lastIndexOf('.')) : `.${endings[0]}`;
  const stem = cutTo(isFitting ? clean.slice(0, -tail.length) : clean, MAX_BYTES - Buffer.byteLength(tail)) || 'file';
  return (DEVICES.test(stem) ? `_${stem}` : stem) + tail;
}

/** Browsers write these three so in a form, and nothing else (HTML, multipart/form-data encoding algorithm). */
const ESCAPED = /%(22|0D|0A)/g;
const unescaped = (sent: string) =>
  sent.replaceAll(ESCAPED, (_, code) => String.fromCharCode(Number.parseInt(code, 16)));

const lastPart = (sent: string) => sent.slice(Math.max(sent.lastIndexOf('/'), sent.lastIndexOf('\\')) + 1);

/** Cut between characters, with their marks. */
function cutTo(text: string, most: number): string {
  if (Buffer.byteLength(text) <= most) return text;
  let result = '';
  let bytes = 0;
  for (const { segment } of new Intl.Segmenter().segment(text.slice(0, most))) {
    bytes += Buffer.byteLength(segment);
    if (bytes > most) break;
    result += segment;
  }
  return result.trimEnd();
}
