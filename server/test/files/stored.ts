import assert from 'node:assert/strict';
import { globSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';

/** Names of the bytes that are kept; fails when anything is left of an upload that was not. */
export function stored({ directory }: { readonly directory: string }): string[] {
  assert.deepEqual(readdirSync(join(directory, 'files/drafts')), [], 'nothing is left of refused uploads');
  return globSync('files/??/*', { cwd: directory }).map((path) => basename(path));
}
