import { type Ctx, write } from '../../context.ts';
import { dropFiles, removeBlobs } from './drop.ts';
import { findBlobNames, findOrphans } from './store.ts';

/** Longer than any upload takes from its last byte to its row. */
const YOUNG_MS = 60 * 60_000;
/** Files at a time: a transaction of them stays short. */
const AT_ONCE = 50;
const NAMES_AT_ONCE = 500;

/** Takes the files of deleted rooms, in small transactions; resolves with how many. */
export async function purgeFiles(ctx: Ctx, signal: AbortSignal): Promise<number> {
  let purged = 0;
  while (!signal.aborted) {
    const { found, count, names } = await write(ctx, 'files.purge', async (inner) => {
      const files = await findOrphans.all(inner.db, { limit: AT_ONCE });
      return { found: files.length, ...(await dropFiles(inner, files)) };
    });
    await removeBlobs(ctx, names);
    purged += count;
    if (found < AT_ONCE) break;
  }
  return purged;
}

/**
 * Takes what crashes have left: uploads that never ended, and bytes without a row. Young ones may be about to get theirs; and since a
 * name is never used twice, one without a row then never gets one. Resolves with how many.
 */
export async function sweepBlobs(ctx: Ctx, signal: AbortSignal, olderThanMs = YOUNG_MS): Promise<number> {
  const { blobs } = ctx.deps.files;
  await blobs.dropDrafts(olderThanMs);
  let swept = 0;
  let some: string[] = [];
  const look = async () => {
    const found = await findBlobNames.firstOfEach(
      ctx.db,
      some.map((name) => ({ name })),
    );
    const stray = some.filter((_, place) => found[place] === undefined);
    await removeBlobs(ctx, stray);
    swept += stray.length;
    some = [];
  };
  for await (const { name, keptAt } of blobs.names()) {
    if (signal.aborted) return swept;
    if (keptAt <= Date.now() - olderThanMs) some.push(name);
    if (some.length === NAMES_AT_ONCE) await look();
  }
  await look();
  return swept;
}
