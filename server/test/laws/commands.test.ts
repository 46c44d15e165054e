import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '../../..');
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };

const patterns = (script: string) => [...(scripts[script] ?? '').matchAll(/"([^"]+)"/g)].map((match) => match[1] ?? '');
const files = (...globs: string[]) => globSync(globs, { cwd: root, exclude: ['**/node_modules'] }).sort();

test('each test file is run by `npm test`, and `npm run faults` runs those that break the server', () => {
  assert.deepEqual(files(...patterns('test')), files('{server,bench,sdk}/**/*.test.ts'));
  assert.deepEqual(files(...patterns('faults')), files('server/test/faults/*.test.ts'));
});

const commands = (script: string) =>
  [...(scripts[script] ?? '').matchAll(/npm (?:run )?(\S+)/g)].map((match) => match[1]);

test('`npm run check` runs every check, the tests last', () => {
  assert.deepEqual(commands('check'), ['check:static', 'test']);
  assert.deepEqual(commands('check:static'), ['types', 'lint', 'arch', 'knip', 'generated']);
});
