import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { differences } from '../../src/modules/admin/consistency.ts';
import type { Engine } from '../engines.ts';
import { createPostgresDatabase } from '../postgres_database.ts';
import { connectTo, type HttpClient } from './http_client.ts';
import { createLedger, type Ledger, type Place, type Player } from './ledger.ts';
import { load } from './load.ts';
import { openReader } from './reader.ts';
import { type ServerProcess, startServer } from './server_process.ts';
import { verifyReplays, verifyShown, verifyStored } from './verify.ts';

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

const PASSWORD = 'correct horse battery';
const NAMES = ['alice', 'bob', 'carol', 'dave'];
/** Not how fast it must be, but when to stop waiting for it. */
const HANG_MS = 30_000;

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

/** The address, once the server says that it is ready. */
export async function ready(server: ServerProcess): Promise<string> {
  const late = AbortSignal.timeout(HANG_MS);
  const hung = new Promise<never>((_, reject) => {
    late.onabort = () => reject(new Error(`Not ready after ${HANG_MS} ms: ${server.output()}`));
  });
  const url = await Promise.race([server.url, hung]);
  const client = connectTo(url);
  const { status, data } = await Promise.race([client.call('GET', '/readyz'), hung]);
  client.close();
  assert.equal(status, 200, JSON.stringify(data));
  return url;
}

/** A room in which all may pin, and a conversation. */
async function settleIn(client: HttpClient): Promise<Place[]> {
  const players: Player[] = await Promise.all(
    NAMES.map(async (name) => {
      const body = { username: name, email: `${name}@example.com`, password: PASSWORD };
      const { status, data } = await client.call('POST', '/auth/register', undefined, body);
      assert.equal(status, 201, JSON.stringify(data));
      return { id: data.user.id, name, token: data.access_token };
    }),
  );
  const [owner, ...others] = players as [Player, ...Player[]];
  const room = (await client.call('POST', '/rooms', owner.token, { name: 'The room' })).data;
  for (const { id, token } of others) {
    await client.call('POST', `/rooms/${room.id}/join`, token);
    const promoted = await client.call('PUT', `/rooms/${room.id}/members/${id}`, owner.token, { role: 'moderator' });
    assert.equal(promoted.status, 200, JSON.stringify(promoted.data));
  }
  const pair = players.slice(0, 2);
  const opened = (await client.call('POST', '/conversations', owner.token, { user_id: pair[1]?.id })).data;
  return [
    { id: room.id, path: `/rooms/${room.id}`, players },
    { id: opened.id, path: `/conversations/${opened.id}`, players: pair },
  ];
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
