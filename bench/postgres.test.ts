import assert from 'node:assert/strict';
import { delimiter } from 'node:path';
import { describe, test } from 'node:test';
import { engines } from '../server/test/engines.ts';
import { createPostgresDatabase } from '../server/test/postgres_database.ts';
import { pageScript } from './cases/page_postgres.ts';
import { load } from './cases/send.ts';
import { alonePlans, nodesPlan } from './cases/send_postgres.ts';
import { measureInstallations, withInstallations } from './installation.ts';
import { requireSameAnswers } from './measure.ts';
import { ask } from './postgres/durable.ts';
import { findPgbench, runPgbench } from './postgres/pgbench.ts';
import { seedPostgres } from './seed/seeded_postgres.ts';
import { inTemporary } from './temporary.ts';

const shape = { messages: 800, rooms: 8, joined: 8 };

async function withDatabases(count: number, work: (urls: string[]) => Promise<void>): Promise<void> {
  const databases = await Promise.all(Array.from({ length: count }, () => createPostgresDatabase()));
  const urls = databases.map(({ url }) => url);
  try {
    for (const url of urls) await seedPostgres(url, shape);
    await work(urls);
  } finally {
    for (const { drop } of databases) await drop();
  }
}

describe('PostgreSQL', { skip: !engines.includes('postgres') }, () => {
  test('ungrouped transactions answer what the server does', () =>
    inTemporary((directory) =>
      withDatabases(2, ([ours = '', bare = '']) =>
        withInstallations(alonePlans(directory, ours, bare), (installations) =>
          requireSameAnswers(installations.flatMap(({ nodes }) => nodes)),
        ),
      ),
    ));

  test('what several processes are measured to send is there', () =>
    inTemporary((directory) =>
      withDatabases(1, ([url = '']) =>
        withInstallations([nodesPlan('two', directory, url, 2)], async (installations) => {
          const [measured] = await measureInstallations(installations, {
            rounds: 1,
            seconds: 1,
            load,
            databaseCpu: () => undefined,
          });
          const [round] = measured?.rounds ?? [];
          assert.ok(round && round.perSecond > 0 && round.perGroup >= 1);
          const [found] = await ask(
            url,
            'select count(*)::int as messages, count(distinct author_id)::int as authors from messages',
          );
          // Each connection is another person, whichever process it came to.
          assert.equal(found?.authors, 64);
          assert.ok(Number(found?.messages) >= shape.messages + round.perSecond);
        }),
      ),
    ));

  const program = (process.env.PATH ?? '').split(delimiter).map(findPgbench).find(Boolean);
  test("a page's statements run through pgbench", { skip: program === undefined && 'there is no pgbench' }, () =>
    inTemporary((directory) =>
      withDatabases(1, async ([url = '']) => {
        const script = await pageScript(url);
        assert.match(script, /from "containers"[^;]+;[^;]+from "messages"[^;]+;[^;]+from "reactions"[^;]+;\n$/);
        const order = { program: program as string, url, script, clients: 2, seconds: 1 };
        assert.ok((await runPgbench(directory, order)) > 0);
      }),
    ),
  );
});
