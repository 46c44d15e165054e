import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Disk, hasShim, openDisk } from './disk.ts';
import { type House, openHouse } from './house.ts';
import { createLedger, type Ledger, type Place } from './ledger.ts';
import { load } from './load.ts';
import { verifyReplays, verifyShown, verifyStored } from './verify.ts';
import { verifyUploads } from './verify_files.ts';
import { settleIn } from './world.ts';

/** How many calls of each kind are tried, one after another in houses of their own. */
const places = Number(process.env.FAILING_CALLS || 2);
const until = async (reached: () => boolean) => {
  while (!reached()) await sleep(5);
};

async function openHouseOn(t: TestContext, fail: string): Promise<{ house: House; disk: Disk }> {
  const directory = mkdtempSync(join(tmpdir(), 'veza-failing-'));
  const scratch = mkdtempSync(join(tmpdir(), 'veza-armed-'));
  const disk = openDisk(directory, scratch, fail);
  const house = await openHouse('sqlite', { directory, variables: disk.variables });
  t.after(async () => {
    await house.close();
    rmSync(scratch, { recursive: true });
  });
  return { house, disk };
}

/** Started on a disk that works again: what is there is what was acknowledged, and it goes on. */
async function verifyRestart(house: House, disk: Disk, ledger: Ledger, rooms: readonly Place[]) {
  disk.mend();
  const client = await house.open();
  const { reader } = house.reader();
  const stored = await verifyStored(reader, ledger);
  for (const place of rooms) await verifyShown(client, place, stored, 0);
  await verifyReplays(client, ledger, stored);
  await verifyUploads(client, ledger);
  await verifyStored(reader, ledger);
}

describe('a disk that fails at one call and ever after', { skip: !hasShim && 'no C compiler, or not Linux' }, () => {
  for (const [kind, step] of [
    ['sync', 1],
    ['write', 5],
  ] as const) {
    for (let place = 0; place < places; place++) {
      const fail = `${kind}:${1 + place * step}:EIO`;
      it(`ends the process (${fail}); what was acknowledged is there`, async (t) => {
        const { house, disk } = await openHouseOn(t, fail);
        const client = await house.open();
        const ledger = createLedger();
        const rooms = await settleIn(client);
        let dead = false;
        const loaded = load(client, ledger, rooms, 1, () => dead);
        await Promise.race([loaded, until(() => ledger.counts.acknowledged > 50)]);
        disk.arm();
        const { exited, output } = house.server();
        await Promise.race([loaded, until(() => output().includes(`disk: the ${kind} fails`))]);
        const failed = performance.now();
        assert.deepEqual(await exited, { code: null, signal: 'SIGKILL' }, output());
        t.diagnostic(`ended ${Math.round(performance.now() - failed)} ms after the ${kind}`);
        dead = true;
        await loaded;
        assert.match(output(), /veza: the storage failed and the process ends \(disk I\/O error/);
        await verifyRestart(house, disk, ledger, rooms);
      });
    }
  }
});

describe('a disk that is full at one write and ever after', { skip: !hasShim && 'no C compiler, or not Linux' }, () => {
  for (let place = 0; place < places; place++) {
    const fail = `write:${1 + place * 5}:ENOSPC`;
    it(`refuses with 507 (${fail}), shows what is there, and goes on when there is room`, async (t) => {
      const { house, disk } = await openHouseOn(t, fail);
      const client = await house.open();
      const ledger = createLedger();
      const rooms = await settleIn(client);
      let enough = Number.POSITIVE_INFINITY;
      const loaded = load(client, ledger, rooms, 1, () => ledger.counts.acknowledged >= enough);
      await Promise.race([loaded, until(() => ledger.counts.acknowledged > 50)]);
      disk.arm();
      await Promise.race([loaded, until(() => ledger.counts.full > 100)]);
      const shown = await client.call('GET', `${rooms[0]?.path}/messages`, rooms[0]?.players[0]?.token);
      assert.equal(shown.status, 200);
      disk.mend();
      enough = ledger.counts.acknowledged + 100;
      await loaded;
      await verifyStored(house.reader().reader, ledger);
      disk.arm();
      await house.end('SIGKILL');
      await verifyRestart(house, disk, ledger, rooms);
    });
  }
});
