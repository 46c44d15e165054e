import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { type Document, readDocument, root } from './markdown.ts';

/** Pages that `npm run generate` prints from the code: that they are there is for `npm run generated` to see. */
const printed = new Set(['docs/configuration.md', 'docs/errors.md', 'docs/permissions.md']);

/** Links that lead nowhere, and files named in the text that are not there. */
export function linkFaults(document: Document): string[] {
  return [...document.links.flatMap((link) => faultOf(document, link.target, link.line)), ...pathFaults(document)];
}

function faultOf(document: Document, target: string, line: number): string[] {
  if (/^(https?|mailto):/.test(target)) return [];
  const [file = '', anchor] = target.split('#', 2);
  const path = file === '' ? document.path : normalize(join(dirname(document.path), file));
  const at = `${document.path}:${line}:`;
  if (path.startsWith('..')) return [`${at} ${target} leads out of the tree`];
  if (printed.has(path)) return [];
  if (file !== '' && !existsSync(join(root, path))) return [`${at} ${target} is not there`];
  if (anchor === undefined) return [];
  const other = file === '' ? document : readDocument(path);
  return other.anchors.has(anchor) ? [] : [`${at} ${target} has no such heading`];
}

/** `server/src/app.ts` and the like, as inline code. */
const NAMED = /`((?:server|bench|deploy|docs|sdk|web)\/[\w./-]*|[A-Z]+\.md|package\.json|\.ci\/run)`/g;

function pathFaults(document: Document): string[] {
  return document.prose.flatMap((line, i) =>
    [...line.matchAll(NAMED)]
      .map((match) => match[1] as string)
      .filter((path) => !existsSync(join(root, path)) && !existsSync(join(root, dirname(document.path), path)))
      .map((path) => `${document.path}:${i + 1}: ${path} is not there`),
  );
}
