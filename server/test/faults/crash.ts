import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { differences } from '../../src/modules/admin/consistency.ts';
import type { Engine } from '../engines.ts';
import { createPostgresDatabase } from '../postgres_database.ts';
import { connectTo } from './http_client.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { load } from './load.ts';
import { openReader } from './reader.ts';
import { startServer } from './server_process.ts';
import { verifyReplays, verifyShown, verifyStored } from './verify.ts';
import { PASSWORD, ready, settleIn } from './world.ts';

export interface CrashReport {
  readonly rounds: number;
  readonly attempted: number;
  readonly acknowledged: number;
  /** Sends that nobody knew the end of: found after all, or not. */
  readonly foundOpen: number;
  readonly lostOpen: number;
  /** From the start of the process to the first 200 of /readyz. */
  readonly slowestReadyMs: number;
}

/**
 * Kills the server without warning at a random moment under load, starts it again on the same data and judges what is there by a
 * ledger it never saw; again and again on one data directory.
 */
export async function crash(engine: Engine, rounds: number): Promise<CrashReport> {
  const directory = mkdtempSync(join(tmpdir(), 'veza-crash-'));
  const database = engine === 'postgres' ? await createPostgresDatabase() : undefined;
  const variables = { ADMIN_PASSWORD: PASSWORD, ACCESS_TOKEN_SECONDS: '86400', MAX_PINS_PER_ROOM: '1000' };
  const start = () => startServer({ directory, variables, databaseUrl: database?.url });
  const ledger = createLedger();
  let server = start();
  let client = connectTo(await ready(server));
  const places = await settleIn(client);
  const db = openReader(join(directory, 'veza.db'), database?.url);
  const report = { rounds, foundOpen: 0, lostOpen: 0, slowestReadyMs: 0 };
  let stored = await verifyStored(db.reader, ledger);
  for (let round = 1; round <= rounds; round++) {
    const since = Math.max(0, ...stored.keys());
    let dead = false;
    const noticed = load(client, ledger, places, round, () => dead);
    await untilSome(ledger);
    dead = true;
    assert.deepEqual(await server.end('SIGKILL'), { code: null, signal: 'SIGKILL' }, server.output());
    await noticed;
    client.close();
    await db.quiet();

    const began = performance.now();
    server = start();
    client = connectTo(await ready(server));
    report.slowestReadyMs = Math.max(report.slowestReadyMs, performance.now() - began);
    const open = ledger.entries.filter(({ sent }) => sent === 'attempted');
    stored = await verifyStored(db.reader, ledger);
    const there = new Set([...stored.values()].map(({ client_id }) => client_id));
    const found = open.filter(({ clientId }) => there.has(clientId)).length;
    report.foundOpen += found;
    report.lostOpen += open.length - found;
    for (const place of places) await verifyShown(client, place, stored, since);
    await verifyReplays(client, ledger, stored);
    stored = await verifyStored(db.reader, ledger);
  }
  await server.end('SIGKILL');
  client.close();
  await db.close();
  await database?.drop();
  rmSync(directory, { recursive: true });
  return { ...report, ...ledger.counts };
}

/** A moment after a few or many acknowledgements, however slow the machine is. */
async function untilSome({ counts }: Ledger): Promise<void> {
  const enough = counts.acknowledged + 20 + Math.random() * 380;
  const late = performance.now() + 1_000;
  while (counts.acknowledged < enough && performance.now() < late) await sleep(2);
  await sleep(Math.random() * 10);
}

/** Killed while it makes its tables and the first account: all of that is there or none, and the next start works. */
export async function crashFirstStart(engine: Engine): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'veza-crash-'));
  const path = join(directory, 'veza.db');
  const database = engine === 'postgres' ? await createPostgresDatabase() : undefined;
  const start = () => startServer({ directory, databaseUrl: database?.url, variables: { ADMIN_PASSWORD: PASSWORD } });
  const first = start();
  // The lock comes just before the first table.
  const begun = join(directory, 'lock.db');
  while (!existsSync(begun)) await sleep(1);
  await sleep(Math.random() * 150);
  await first.end('SIGKILL');
  const server = start();
  const client = connectTo(await ready(server));
  const signedIn = await client.call('POST', '/auth/login', undefined, { username: 'admin', password: PASSWORD });
  assert.equal(signedIn.status, 200, JSON.stringify(signedIn.data));
  const rooms = await client.call('GET', '/rooms', signedIn.data.access_token);
  assert.deepEqual(
    rooms.data.rooms.map(({ name }: { name: string }) => name),
    ['General'],
  );
  const db = openReader(path, database?.url);
  assert.deepEqual(await differences(db.reader), []);
  await db.close();
  client.close();
  await server.end('SIGKILL');
  await database?.drop();
  rmSync(directory, { recursive: true });
}
