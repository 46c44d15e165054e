import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TestApp } from '../harness/app.ts';

/** Names of the bytes that are kept; fails when anything is left on the disk of an upload that was not. */
export async function stored({ directory, deps }: TestApp): Promise<string[]> {
  if (deps.config.S3_BUCKET === undefined)
    assert.deepEqual(readdirSync(join(directory, 'files/drafts')), [], 'nothing is left of refused uploads');
  const names: string[] = [];
  for await (const { name } of deps.files.blobs.names()) names.push(name);
  return names;
}
