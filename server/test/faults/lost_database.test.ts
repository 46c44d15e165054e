import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { engines } from '../engines.ts';
import { passwordOf } from '../harness/app.ts';
import { openLine } from '../harness/line.ts';
import { startServer } from '../harness/server_process.ts';
import { startPostgres } from '../postgres_server.ts';

/** From the loss on, nobody waits longer for an answer; a busy machine may take twice as long here. */
const ANSWERED_MS = 2_000;
/** From its return on, everything works again. */
const BACK_MS = 5_000;

interface Answer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly ms: number;
}

/** A server on a PostgreSQL of its own, and somebody who sends. */
async function open(t: TestContext) {
  const { server: postgres, reasons } = await startPostgres();
  assert.ok(postgres, reasons.join('; '));
  const line = await openLine(postgres.url);
  const directory = mkdtempSync(join(tmpdir(), 'veza-lost-'));
  const variables = {
    DATA_DIR: directory,
    RATE_LIMITS: 'off',
    ADMIN_PASSWORD: passwordOf('admin'),
    LOG_LEVEL: 'fatal',
  };
  const server = startServer({ directory, variables, databaseUrl: line.url });
  t.after(async () => {
    await server.end('SIGKILL');
    line.close();
    await postgres.stop();
    rmSync(directory, { recursive: true });
  });
  const url = await server.url;
  const ask = async (method: string, path: string, body?: unknown, token = '') => {
    const begun = performance.now();
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const data = (await response.json()) as { data: Record<string, unknown> };
    const retryAfter = response.headers.get('retry-after');
    return { status: response.status, retryAfter, ms: performance.now() - begun, data: data.data };
  };
  const session = await ask('POST', '/api/v1/auth/login', { username: 'admin', password: passwordOf('admin') });
  const token = String(session.data.access_token);
  const send = (content: string) => ask('POST', '/api/v1/rooms/1/messages', { content }, token);
  const read = () => ask('GET', '/api/v1/rooms/1/messages', undefined, token);
  const ready = () => ask('GET', '/readyz');
  return { postgres, line, send, read, ready, asks: [() => send('while it is away'), read, ready] };
}

/** What is asked one after the other, a few at a time, until it is told to end. */
function keepAsking(asks: readonly (() => Promise<Answer>)[]) {
  let isOver = false;
  const answers: Answer[] = [];
  const run = async (ask: () => Promise<Answer>) => {
    while (!isOver) {
      answers.push(await ask());
      await sleep(10);
    }
  };
  const running = Promise.all([...asks, ...asks].map(run));
  return {
    end: async () => {
      isOver = true;
      await running;
      return answers;
    },
  };
}

async function backWithin(ask: () => Promise<Answer>, limit: number): Promise<number> {
  const begun = performance.now();
  while ((await ask()).status >= 500) {
    assert.ok(performance.now() - begun < limit, `it is not back within ${limit} ms`);
    await sleep(50);
  }
  return performance.now() - begun;
}

for (const engine of engines.filter((one) => one === 'postgres'))
  describe(`a database that is lost (${engine})`, { concurrency: false }, () => {
    for (const [what, lose, find] of [
      ['that ends at once', (it: Awaited<ReturnType<typeof open>>) => it.postgres.down(), 'up'],
      [
        'that falls silent, with every connection open',
        async (it: Awaited<ReturnType<typeof open>>) => it.line.fallSilent(),
        'speak',
      ],
    ] as const)
      it(`${what}: 503 and when to come back, nobody hangs; and then all is as before`, async (t) => {
        const it = await open(t);
        assert.equal((await it.send('before')).status, 201);
        const asking = keepAsking(it.asks);
        await sleep(300);
        await lose(it);
        await sleep(4_000);
        const answers = await asking.end();
        const slowest = Math.max(...answers.map(({ ms }) => ms));
        t.diagnostic(`${answers.length} answers, the slowest after ${Math.round(slowest)} ms`);
        assert.ok(slowest < 2 * ANSWERED_MS, `the slowest answer took ${slowest} ms`);
        const refused = answers.filter(({ status }) => status >= 300);
        assert.ok(refused.length > 20);
        assert.deepEqual([...new Set(refused.map(({ status }) => status))], [503]);
        for (const { retryAfter } of refused) assert.match(String(retryAfter), /^\d+$/);
        assert.equal((await it.ready()).status, 503);
        if (find === 'up') await it.postgres.up();
        else it.line.speak();
        t.diagnostic(`it worked again after ${Math.round(await backWithin(() => it.send('after'), 2 * BACK_MS))} ms`);
        assert.equal((await it.read()).status, 200);
        assert.equal((await it.ready()).status, 200);
      });
  });
