import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { FileAnswer } from '../../answer.ts';
import type { Icon } from './kinds.ts';

/** What is drawn on the sheet, in a square of 48. */
const drawings: Readonly<Record<Icon, string>> = {
  image: '<path d="M14 34l7-9 5 6 4-4 5 7z"/><circle cx="29" cy="22" r="2.5"/>',
  audio: '<path d="M21 33V20l11-2v12"/><circle cx="18.500" cy="33" r="2.500"/><circle cx="29.500" cy="30" r="2.500"/>',
  video: '<path d="M19 19l13 8-13 8z"/>',
  text: '<path d="M16 21h16M16 26h16M16 31h10"/>',
  document: '<path d="M16 19h9M16 24h16M16 29h16M16 34h16"/>',
  archive: '<path d="M24 8v4m0 3v4m0 3v4"/><rect x="21" y="28" width="6" height="8" rx="1"/>',
};

/** A small picture of a type, for what has no picture of its own. */
export function iconOf(icon: Icon): FileAnswer {
  const bytes = Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="48" height="48" viewBox="0 0 48 48" fill="none" stroke="#667085" stroke-width="2" stroke-linejoin="round" stroke-linecap="round"><path d="M10 4h20l8 8v32H10z"/><path d="M30 4v8h8"/>${drawings[icon]}</svg>`,
  );
  return {
    size: bytes.length,
    digest: createHash('sha256').update(bytes).digest('hex'),
    modifiedAt: 0,
    type: 'image/svg+xml',
    filename: `${icon}.svg`,
    isInline: true,
    isShared: false,
    link: undefined,
    open: async (from, to) => Readable.from([bytes.subarray(from, to + 1)]),
  };
}
