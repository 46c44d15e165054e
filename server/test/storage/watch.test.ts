import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openPostgres } from '../../src/db/postgres.ts';
import { engines } from '../engines.ts';
import { openLine } from '../harness/line.ts';
import { createPostgresDatabase } from '../postgres_database.ts';

const ONE = { name: undefined, sql: 'select 1' };

for (const engine of engines.filter((one) => one === 'postgres'))
  describe(`a database that is far away, or busy, is not taken for lost (${engine})`, { concurrency: true }, () => {
    /** Asks every now and then, for so long; none may fail. */
    async function ask(db: ReturnType<typeof openPostgres>, ms: number): Promise<void> {
      for (const over = performance.now() + ms; performance.now() < over; await sleep(50)) await db.reader.all(ONE, []);
    }

    test('however much there is to tell', async () => {
      const database = await createPostgresDatabase();
      const line = await openLine(database.url, 20);
      const db = openPostgres({ url: line.url, connections: 3 });
      let isOver = false;
      const telling = (async () => {
        while (!isOver) await Promise.all(Array.from({ length: 20 }, () => db.channel?.publish('x'.repeat(1_000))));
      })();
      await ask(db, 5_000);
      isOver = true;
      await telling;
      await db.close();
      line.close();
      await database.drop();
    });

    test('while one connection is silent, the one by which it is looked for, and the others are answered', async () => {
      const database = await createPostgresDatabase();
      const line = await openLine(database.url);
      const db = openPostgres({ url: line.url, connections: 3 });
      // The first connection is the watch's: the pools open theirs when they are asked.
      await sleep(300);
      line.fallSilent(1);
      await ask(db, 5_000);
      await db.close();
      line.close();
      await database.drop();
    });
  });
