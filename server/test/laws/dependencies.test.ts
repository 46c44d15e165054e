import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '../../..');

interface Package {
  workspaces?: string[];
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

const readPackage = (folder: string) => JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Package;

/** The rows of each section's table, with empty cells counted as missing. */
function documented(text: string): { section: string; name: string; cells: number }[] {
  let section = '';
  const rows = [];
  for (const line of text.split('\n')) {
    section = /^## (\S+)$/.exec(line)?.[1] ?? section;
    const name = /^\| `([^`]+)` \|/.exec(line)?.[1];
    if (name) rows.push({ section, name, cells: line.split('|').filter((cell) => cell.trim()).length });
  }
  return rows;
}

function differences(text: string, packages: Record<string, Package>): string[] {
  const rows = documented(text);
  const lines = rows.map(({ section, name }) => `${section}: ${name}`);
  const used = Object.entries(packages).flatMap(([section, { dependencies, devDependencies, optionalDependencies }]) =>
    Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies }).map((name) => `${section}: ${name}`),
  );
  return [
    ...used.filter((name) => !lines.includes(name)).map((name) => `${name} has no line`),
    ...lines.filter((name) => !used.includes(name)).map((name) => `${name} is no dependency`),
    ...lines.filter((name, i) => lines.indexOf(name) !== i).map((name) => `${name} has two lines`),
    ...rows.filter(({ cells }) => cells !== 4).map(({ name }) => `${name} does not say all of it`),
  ];
}

test('docs/dependencies.md has a line for each dependency, and no other', () => {
  const workspace = readPackage('.');
  const packages = Object.fromEntries((workspace.workspaces ?? []).map((folder) => [folder, readPackage(folder)]));
  const text = readFileSync(join(root, 'docs/dependencies.md'), 'utf8');
  assert.deepEqual(differences(text, { ...packages, workspace }), []);
});

test('a line too few, too many or too short is seen', () => {
  const row = (name: string) => `| \`${name}\` | a | b | c |`;
  const packages = { server: { dependencies: { a: '1' }, devDependencies: { b: '1' } } };
  assert.deepEqual(differences(`## server\n${row('a')}\n${row('b')}`, packages), []);
  assert.deepEqual(differences(`## server\n${row('a')}`, packages), ['server: b has no line']);
  assert.deepEqual(differences(`## server\n${row('a')}\n${row('b')}\n## bench\n${row('b')}`, packages), [
    'bench: b is no dependency',
  ]);
  assert.deepEqual(differences(`## server\n${row('a')}\n${row('a')}\n${row('b')}`, packages), [
    'server: a has two lines',
  ]);
  assert.deepEqual(differences(`## server\n${row('a')}\n| \`b\` | a | | c |`, packages), ['b does not say all of it']);
});
