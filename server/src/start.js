// The one file without types: the compile cache has to be on before the first of the others is read, or Node loads what strips
// them at every start (16 MiB and 100 ms, docs/performance.md).
import { existsSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

// Kept beside the data, so that whoever may write the one may write the other.
const cache = join(process.env.DATA_DIR || './data', 'compile-cache');
try {
  // Not left to Node, which would try for ever where it cannot be made.
  if (!existsSync(cache)) (await import('./directory.ts')).makeDirectory(cache);
  enableCompileCache(cache);
} catch {
  // Whatever is wrong with the directory main.ts says, by name.
}
await import('./main.ts');
