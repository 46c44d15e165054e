import type { FileKind } from '../../config_schema.ts';
import type { Inspection } from './inspect.ts';
import { kinds } from './kinds.ts';
import { zipKindOf } from './zip.ts';

export interface Detected {
  /** Undefined: none of the types there are names for. */
  readonly kind: FileKind | undefined;
  /** What it is called to whoever sent it. */
  readonly mime: string;
}

/** Types that `file-type` names by another ending than ours. */
const renamed: Readonly<Record<string, FileKind>> = { apng: 'png', m4b: 'm4a', m4v: 'mp4', oga: 'ogg', opus: 'ogg' };
/** A zip that says what it is, in whatever is compressed in it, is looked at by its names alone. */
const ZIP = Buffer.from('PK\u0003\u0004');
const EMPTY_ZIP = Buffer.from('PK\u0005\u0006');

/** What a file is, by its bytes; its name only tells kinds of text apart. */
export async function detect({ head, tail, text }: Inspection, filename: string): Promise<Detected> {
  if (text !== undefined) return detectText(head, text, filename);
  if (head.indexOf(ZIP) === 0 || head.indexOf(EMPTY_ZIP) === 0) return named(zipKindOf(head, tail), 'application/zip');
  const { fileTypeFromBuffer } = await import('file-type');
  const found = await fileTypeFromBuffer(head).catch(() => undefined);
  if (found) return named(renamed[found.ext] ?? kindNamed(found.ext), found.mime);
  // Its pictures may be longer than what we look at.
  if (head.toString('latin1', 0, 3) === 'ID3') return named('mp3', 'audio/mpeg');
  return named(undefined, 'application/octet-stream');
}

const kindNamed = (name: string) => (Object.hasOwn(kinds, name) ? (name as FileKind) : undefined);
const named = (kind: FileKind | undefined, mime: string): Detected => ({ kind, mime });

const PAGE = /^(<!doctype\s+html|<(html|head|body|script|iframe|object|embed|meta|frameset)[\s>/])/i;

function detectText(head: Buffer, text: 'utf-8' | 'unknown', filename: string): Detected {
  const start = head
    .toString('utf8', 0, 8_192)
    .replace(/^\ufeff/, '')
    .trimStart();
  if (start.startsWith('%PDF-')) return named('pdf', 'application/pdf');
  const root = rootOf(start);
  if (/^<svg[\s>/]/i.test(root)) return named('svg', 'image/svg+xml');
  if (PAGE.test(root)) return named(undefined, 'text/html');
  if (start.startsWith('<?xml')) return named(undefined, 'application/xml');
  const charset = text === 'utf-8' ? '; charset=utf-8' : '';
  const ending = /\.([a-z]+)$/i.exec(filename)?.[1]?.toLowerCase();
  if (ending === 'json' && /^[{["\d\-tfn]/.test(start)) return named('json', 'application/json');
  if (ending === 'csv') return named('csv', `text/csv${charset}`);
  if (ending === 'md' || ending === 'markdown') return named('md', `text/markdown${charset}`);
  return named('txt', `text/plain${charset}`);
}

/** What follows the declarations and comments with which markup may begin. */
function rootOf(start: string): string {
  let rest = start;
  for (;;) {
    const skipped = /^(<\?[^>]*>|<!--.*?-->|<!doctype\s+svg[^>[]*(\[[^\]]*\])?[^>]*>)\s*/is.exec(rest)?.[0];
    if (skipped === undefined) return rest;
    rest = rest.slice(skipped.length);
  }
}
