import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '../../..');
const SECTIONS = ['Context', 'Decision', 'Consequences', 'Rejected'];

const read = (paths: string[]) =>
  Object.fromEntries(paths.sort().map((path) => [path, readFileSync(join(root, path), 'utf8')]));

function faults(decisions: Record<string, string>, mentions: Record<string, string>): string[] {
  const numbers = Object.keys(decisions).map((path) => basename(path).slice(0, 4));
  return [
    ...Object.entries(decisions).flatMap(([path, text], i) => [
      ...(/^\d{4}-[a-z0-9-]+\.md$/.test(basename(path)) ? [] : [`${path}: name`]),
      ...(text.startsWith(`# ${i + 1}. `) && Number(numbers[i]) === i + 1 ? [] : [`${path}: number`]),
      ...SECTIONS.filter((section) => !text.includes(`\n## ${section}\n`)).map((section) => `${path}: ${section}`),
    ]),
    ...Object.entries(mentions).flatMap(([path, text]) =>
      [...text.matchAll(/decisions\/(\d{4})(-[\w-]+\.md)?/g)]
        .filter(([, number, rest]) => !Object.keys(decisions).some((name) => name.includes(`${number}${rest ?? '-'}`)))
        .map(([mention]) => `${path}: ${mention} is not there`),
    ),
  ];
}

test('decisions are numbered, say the same four things, and are there where the code names them', () => {
  const mentions = globSync(['*.md', 'docs/**/*.md', '{server,bench,sdk,web}/**/*.ts'], {
    cwd: root,
    exclude: ['**/node_modules', '**/decisions.test.ts'],
  });
  assert.deepEqual(faults(read(globSync('docs/decisions/*.md', { cwd: root })), read(mentions)), []);
});

test('a gap, a missing section and a mention of nothing are seen', () => {
  const good = `# 1. X\n${SECTIONS.map((section) => `\n## ${section}\n`).join('')}`;
  assert.deepEqual(faults({ 'd/0001-x.md': good }, { a: 'decisions/0001', b: 'decisions/0001-x.md' }), []);
  assert.deepEqual(faults({ 'd/0002-x.md': good }, {}), ['d/0002-x.md: number']);
  assert.deepEqual(faults({ 'd/0001_x.md': good }, {}), ['d/0001_x.md: name']);
  assert.deepEqual(faults({ 'd/0001-x.md': good.replace('\n## Rejected\n', '') }, {}), ['d/0001-x.md: Rejected']);
  assert.deepEqual(faults({ 'd/0001-x.md': good }, { a: 'decisions/0001-y.md' }), [
    'a: decisions/0001-y.md is not there',
  ]);
});
