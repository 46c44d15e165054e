import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { differences } from '../../src/modules/admin/consistency.ts';
import type { House } from './house.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { load } from './load.ts';
import { verifyReplays, verifyShown, verifyStored } from './verify.ts';
import { verifyUploads } from './verify_files.ts';
import { PASSWORD, settleIn } from './world.ts';

export interface CrashReport {
  readonly rounds: number;
  readonly attempted: number;
  readonly acknowledged: number;
  /** Of those. */
  readonly uploads: number;
  /** Sends that nobody knew the end of: found after all, or not. */
  readonly foundOpen: number;
  readonly lostOpen: number;
  /** From the start of the process to the first 200 of /readyz. */
  readonly slowestReadyMs: number;
}

/**
 * Kills the server without warning at a random moment under load, starts it again on the same data and judges what is there by a
 * ledger it never saw; again and again in one house. `afterKill` may do more harm before the next start.
 */
export async function crash(house: House, rounds: number, afterKill?: () => Promise<void>): Promise<CrashReport> {
  const ledger = createLedger();
  let client = await house.open();
  const places = await settleIn(client);
  const report = { rounds, foundOpen: 0, lostOpen: 0, slowestReadyMs: 0 };
  let stored = await verifyStored(house.reader().reader, ledger);
  for (let round = 1; round <= rounds; round++) {
    const since = Math.max(0, ...stored.keys());
    let dead = false;
    const noticed = load(client, ledger, places, round, () => dead);
    await Promise.race([noticed, untilSome(ledger)]);
    dead = true;
    assert.deepEqual(await house.end('SIGKILL'), { code: null, signal: 'SIGKILL' }, house.server().output());
    await noticed;
    await house.reader().quiet();
    await afterKill?.();

    const began = performance.now();
    client = await house.open();
    report.slowestReadyMs = Math.max(report.slowestReadyMs, Math.ceil(performance.now() - began));
    const open = ledger.entries.filter(({ sent }) => sent === 'attempted');
    stored = await verifyStored(house.reader().reader, ledger);
    const there = new Set([...stored.values()].map(({ client_id }) => client_id));
    const found = open.filter(({ clientId }) => there.has(clientId)).length;
    report.foundOpen += found;
    report.lostOpen += open.length - found;
    for (const place of places) await verifyShown(client, place, stored, since);
    await verifyReplays(client, ledger, stored);
    await verifyUploads(client, ledger);
    stored = await verifyStored(house.reader().reader, ledger);
  }
  return { ...report, ...ledger.counts };
}

/** A moment after a few or many acknowledgements, some of them of uploads, however slow the machine is. */
async function untilSome({ counts }: Ledger): Promise<void> {
  const enough = counts.acknowledged + 20 + Math.random() * 380;
  const uploads = counts.uploads + 1 + Math.random() * 3;
  const late = performance.now() + 1_500;
  const isSome = () => counts.acknowledged >= enough && counts.uploads >= uploads;
  while (!isSome() && performance.now() < late) await sleep(2);
  await sleep(Math.random() * 10);
}

/** The lock of SQLite, or the first connection to PostgreSQL, comes just before the first table. */
async function hasBegun({ directory, engine, reader }: House): Promise<boolean> {
  return engine === 'sqlite' ? existsSync(join(directory, 'lock.db')) : (await reader().others()) > 0;
}

/** Killed while it makes its tables and the first account: all of that is there or none, and the next start works. */
export async function crashFirstStart(house: House, afterKill?: () => Promise<void>): Promise<void> {
  house.start();
  while (!(await hasBegun(house))) await sleep(1);
  await sleep(Math.random() * 150);
  await house.end('SIGKILL');
  await afterKill?.();
  const client = await house.open();
  const signedIn = await client.call('POST', '/auth/login', undefined, { username: 'admin', password: PASSWORD });
  assert.equal(signedIn.status, 200, JSON.stringify(signedIn.data));
  const rooms = await client.call('GET', '/rooms', signedIn.data.access_token);
  assert.deepEqual(
    rooms.data.rooms.map(({ name }: { name: string }) => name),
    ['General'],
  );
  assert.deepEqual(await differences(house.reader().reader), []);
}
