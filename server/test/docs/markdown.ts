import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '../../..');

export interface Block {
  readonly language: string;
  /** What follows the language in the fence's first line, such as `answer` or `file=chat.mjs`. */
  readonly words: readonly string[];
  readonly text: string;
  /** Of the opening fence, from 1. */
  readonly line: number;
}

export interface Link {
  readonly target: string;
  readonly line: number;
}

export interface Document {
  /** From the root of the tree. */
  readonly path: string;
  readonly text: string;
  readonly blocks: readonly Block[];
  /** Text outside the blocks, a line each; lines of blocks are empty. */
  readonly prose: readonly string[];
  readonly links: readonly Link[];
  readonly anchors: ReadonlySet<string>;
}

export const readDocument = (path: string): Document => parseDocument(path, readFileSync(join(root, path), 'utf8'));

/** As much of Markdown as these documents use; what it could misread (an indented fence, one without an end) is an error. */
export function parseDocument(path: string, text: string): Document {
  const { blocks, prose } = splitBlocks(path, text);
  const links = prose.flatMap((line, i) =>
    [...line.replaceAll(/`[^`]*`/g, '').matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => ({
      target: target as string,
      line: i + 1,
    })),
  );
  return { path, text, blocks, prose, links, anchors: anchorsOf(prose) };
}

function splitBlocks(path: string, text: string) {
  const blocks: Block[] = [];
  const prose: string[] = [];
  let open: { line: number; info: string; lines: string[] } | undefined;
  for (const [i, line] of text.split('\n').entries()) {
    if (/^\s+```|^\s*~~~/.test(line))
      throw new Error(`${path}:${i + 1}: a fence is three backticks at the line's start`);
    const fence = /^```(.*)$/.exec(line);
    prose.push(fence || open ? '' : line);
    if (!fence) open?.lines.push(line);
    else if (!open) open = { line: i + 1, info: (fence[1] as string).trim(), lines: [] };
    else {
      const [language = '', ...words] = open.info.split(/\s+/);
      blocks.push({ language, words, text: open.lines.join('\n'), line: open.line });
      open = undefined;
    }
  }
  if (open) throw new Error(`${path}:${open.line}: a block without an end`);
  return { blocks, prose };
}

/** The anchors that GitHub gives to headings. */
function anchorsOf(prose: readonly string[]): Set<string> {
  const anchors = new Set<string>();
  for (const line of prose) {
    const heading = /^#{1,6} (.*)$/.exec(line)?.[1];
    if (heading === undefined) continue;
    const slug = heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\p{M} _-]/gu, '')
      .replaceAll(' ', '-');
    let name = slug;
    for (let n = 1; anchors.has(name); n++) name = `${slug}-${n}`;
    anchors.add(name);
  }
  return anchors;
}
