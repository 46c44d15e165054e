import { openSource } from '../../server/src/db/transfer/source.ts';
import { openTarget } from '../../server/src/db/transfer/target.ts';
import { transferAll } from '../../server/src/db/transfer/transfer.ts';
import { ask } from '../postgres/durable.ts';
import { inTemporary } from '../temporary.ts';
import { seed } from './seeded.ts';
import type { Shape } from './shape.ts';

/** Fills an empty database with what SQLite has for that shape: both engines are measured on the same. */
export async function seedPostgres(url: string, shape: Shape): Promise<void> {
  await inTemporary(async (directory) => {
    const source = await openSource(await seed(directory, shape));
    const target = await openTarget({ url, shown: 'the database to be measured' }, Date.now());
    const { signal } = new AbortController();
    try {
      await transferAll(source, target, {}, { signal, onRows: () => {}, onMoved: () => {} });
      await target.commit();
    } finally {
      await target.close();
      source.close();
    }
  });
  // What autovacuum would have done by then.
  await ask(url, 'vacuum (analyze)');
}
