import type { FileKind } from '../../config_schema.ts';

const END = 0x06054b50;
const ENTRY = 0x02014b50;
const END_LENGTH = 22;
const ENTRY_LENGTH = 46;

/** Which of the types that are zips this one is, by the names in the directory at its end; `zip` when it is none of them. */
export function zipKindOf(head: Buffer, tail: Buffer): FileKind {
  // An OpenDocument begins with its type, uncompressed.
  const first = head.toString('latin1', 30, 30 + 8 + 64);
  if (first.startsWith('mimetypeapplication/vnd.oasis.opendocument.text') && !/text-[a-z]/.test(first)) return 'odt';
  const names = namesIn(tail);
  if (!names.has('[Content_Types].xml')) return 'zip';
  for (const [kind, main] of offices) if (names.has(main)) return hasMacros(names) ? 'zip' : kind;
  return 'zip';
}

const offices: readonly (readonly [FileKind, string])[] = [
  ['docx', 'word/document.xml'],
  ['xlsx', 'xl/workbook.xml'],
  ['pptx', 'ppt/presentation.xml'],
];

/** A document that runs something is another type, whatever its name says. */
const hasMacros = (names: ReadonlySet<string>) => [...names].some((name) => name.endsWith('/vbaProject.bin'));

function namesIn(tail: Buffer): Set<string> {
  const names = new Set<string>();
  const end = endOf(tail);
  if (end === undefined) return names;
  // Counted back from its end, so that what stands before the zip does not matter.
  let at = end - tail.readUInt32LE(end + 12);
  while (at >= 0 && at + ENTRY_LENGTH <= end && tail.readUInt32LE(at) === ENTRY) {
    const length = tail.readUInt16LE(at + 28);
    names.add(tail.toString('utf8', at + ENTRY_LENGTH, at + ENTRY_LENGTH + length));
    at += ENTRY_LENGTH + length + tail.readUInt16LE(at + 30) + tail.readUInt16LE(at + 32);
  }
  return names;
}

/** Where the end record stands: the last one whose comment goes to the end of the file. */
function endOf(tail: Buffer): number | undefined {
  for (let at = tail.length - END_LENGTH; at >= 0; at--) {
    if (tail.readUInt32LE(at) === END && at + END_LENGTH + tail.readUInt16LE(at + 20) === tail.length) return at;
  }
  return undefined;
}
