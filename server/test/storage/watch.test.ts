import { once } from 'node:events';
import { type AddressInfo, createServer, connect as dial, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openPostgres } from '../../src/db/postgres.ts';
import { engines } from '../engines.ts';
import { createPostgresDatabase } from '../postgres_database.ts';

const ONE = { name: undefined, sql: 'select 1' };
const SLEEP = { name: undefined, sql: 'select pg_sleep(3)' };

/** A line to the database on which everything takes so long, each way. */
async function openSlowLine(target: string, ms: number) {
  const { hostname, port } = new URL(target);
  const ends: Socket[] = [];
  const line = createServer((near) => {
    const far = dial(Number(port), hostname);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      ends.push(one);
      one.on('data', (bytes) => setTimeout(() => other.write(bytes), ms));
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  });
  line.listen(0, '127.0.0.1');
  await once(line, 'listening');
  const url = new URL(target);
  url.port = `${(line.address() as AddressInfo).port}`;
  return {
    url: url.href,
    close: () => {
      for (const end of ends) end.destroy();
      line.close();
    },
  };
}

for (const engine of engines.filter((one) => one === 'postgres'))
  describe(`a database that is far away, or busy, is not taken for lost (${engine})`, { concurrency: true }, () => {
    /** Asks every now and then, for so long; none may fail. */
    async function ask(db: ReturnType<typeof openPostgres>, ms: number): Promise<void> {
      for (const over = performance.now() + ms; performance.now() < over; await sleep(50)) await db.reader.all(ONE, []);
    }

    test('however much there is to tell', async () => {
      const database = await createPostgresDatabase();
      const line = await openSlowLine(database.url, 20);
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

    test('while every connection waits for something, as a look does that has to wait behind a pooler', async () => {
      const database = await createPostgresDatabase();
      const db = openPostgres({ url: database.url, connections: 2 });
      const waiting = [1, 2].map(() => db.reader.all(SLEEP, []));
      await sleep(100);
      await db.write('beside', (writer) => writer.all(ONE, []));
      await Promise.all(waiting);
      await db.close();
      await database.drop();
    });
  });
