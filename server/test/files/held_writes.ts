import { type FileHandle, open } from 'node:fs/promises';
import type { TestContext } from 'node:test';

/** Something that all writing waits for. */
export interface HeldWrites {
  /** Resolves when the first write waits. */
  readonly reached: Promise<void>;
  release(): void;
}

/** Holds up whatever is written through a file handle from now on. */
export async function holdWrites({ mock }: TestContext): Promise<HeldWrites> {
  const some = await open(import.meta.filename);
  const prototype = Object.getPrototypeOf(some) as FileHandle;
  await some.close();
  const reached = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  for (const name of ['write', 'writev', 'writeFile', 'appendFile'] as const) {
    const written = prototype[name] as (...given: unknown[]) => Promise<unknown>;
    mock.method(prototype, name, async function (this: FileHandle, ...given: unknown[]) {
      reached.resolve();
      await released.promise;
      return written.apply(this, given);
    });
  }
  return { reached: reached.promise, release: released.resolve };
}
