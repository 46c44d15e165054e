// The one file without types: what makes the start quick has to be there before the first of the others is read
// (docs/performance.md).
import { existsSync } from 'node:fs';
import { enableCompileCache, registerHooks } from 'node:module';
import { join } from 'node:path';

// Without it Node loads what strips types at every start (16 MiB and 100 ms). Kept beside the data, so that whoever may write the
// one may write the other.
const cache = join(process.env.DATA_DIR || './data', 'compile-cache');
try {
  // Not left to Node, which would try for ever where it cannot be made.
  if (!existsSync(cache)) (await import('./directory.ts')).makeDirectory(cache);
  enableCompileCache(cache);
} catch {
  // Whatever is wrong with the directory main.ts says, by name.
}

// A relative import of a module names its file in full: where that leads needs no look at the disk, of which there would be
// thousands (150 ms). Of `.js` the package says what it is, so that is left to Node.
const formats = { ts: 'module-typescript', mjs: 'module', js: undefined };
const hooks = registerHooks({
  resolve(specifier, context, next) {
    const extension = /^\.\.?\/.*\.(ts|mjs|js)$/.exec(specifier)?.[1];
    if (extension === undefined || !context.conditions.includes('import')) return next(specifier, context);
    const url = new URL(specifier, context.parentURL).href;
    return { url, format: formats[extension], shortCircuit: true };
  },
});
await import('./main.ts');
hooks.deregister();
