import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ownCtx } from '../../src/context.ts';
import { textOf } from '../../src/db/statement.ts';
import { differences } from '../../src/modules/admin/consistency.ts';
import { claimDeliveries } from '../../src/modules/webhooks/claim.ts';
import { createTestApp } from '../harness/app.ts';
import { toThisMachine } from '../webhooks/receiver.ts';
import { openHouse } from './house.ts';
import { createLedger } from './ledger.ts';
import { load } from './load.ts';
import { verifyReplays, verifyShown, verifyStored } from './verify.ts';
import { verifyUploads } from './verify_files.ts';
import { settleIn } from './world.ts';

/** Whether a command of the system is there and allowed to do this. */
const works = (command: string, ...args: string[]) => spawnSync(command, args, { stdio: 'ignore' }).status === 0;

describe('a file that may not grow', () => {
  it('refuses writes with 507, answers reads, loses nothing it acknowledged, and goes on when it may grow', async () => {
    const app = await createTestApp('sqlite', {}, { maxPages: 160 });
    const { id } = await app.admin.post('/rooms', { name: 'full' }, 201);
    const acknowledged: number[] = [];
    let refused = 0;
    for (let round = 0; round < 100 && refused < 60; round++) {
      const sends = Array.from({ length: 30 }, async (_, n) => {
        const body = { content: `${round} ${n} ${'x'.repeat(1_500)}`, metadata: { client_id: `${round} ${n}` } };
        const reply = await app.admin.request('POST', `/rooms/${id}/messages`, { body });
        if (reply.status === 201) acknowledged.push(reply.data.id);
        else {
          assert.equal(reply.status, 507, reply.text);
          assert.equal(reply.error.code, 'STORAGE_FULL');
          refused++;
        }
      });
      await Promise.all(sends);
    }
    assert.ok(refused >= 60, 'it was filled');
    const room = () => app.admin.request('POST', '/rooms', { body: { name: 'x'.repeat(100), topic: 'x'.repeat(200) } });
    let made = await room();
    while (made.status === 201) made = await room();
    assert.deepEqual([made.status, made.error.code], [507, 'STORAGE_FULL'], 'not messages alone');
    await app.admin.get('/readyz', 200);
    const ids: number[] = [];
    for (let more = true, before = ''; more; before = `&before_id=${ids.at(-1)}`) {
      const page = await app.admin.get(`/rooms/${id}/messages?limit=100${before}`, 200);
      ids.push(...page.messages.map((message: { id: number }) => message.id));
      more = page.has_more;
    }
    assert.deepEqual(
      ids.reverse(),
      acknowledged.sort((a, b) => a - b),
    );
    assert.deepEqual(await differences(app.deps.db.reader), []);

    await app.deps.db.write('room', (db) => db.all(textOf('pragma max_page_count = 100000'), []));
    await app.admin.post(`/rooms/${id}/messages`, { content: 'room at last' }, 201);
    assert.deepEqual(await differences(app.deps.db.reader), []);
    await app.close();
  });
});

describe('a file that may not grow, with webhooks', () => {
  it('ends no delivery that was never attempted', async () => {
    const app = await createTestApp('sqlite', { ...toThisMachine, WEBHOOK_DELIVERY: 'off' }, { maxPages: 500 });
    const { id } = await app.admin.post('/rooms', { name: 'full' }, 201);
    const hook = await app.admin.post('/webhooks', { url: 'http://127.0.0.1:1/', events: ['*'], room_id: id }, 201);
    const send = () => app.admin.request('POST', `/rooms/${id}/messages`, { body: { content: 'x'.repeat(2_000) } });
    let sent = 0;
    while ((await send()).status === 201) sent++;
    const ctx = ownCtx(app.deps, 'test');
    const claim = () =>
      claimDeliveries(ctx, { claimedBy: 'me', leaseMs: 1 }, [{ webhookId: hook.id, limit: 4 }]).then(
        () => true,
        () => false,
      );
    let refusals = 0;
    for (let n = 0; n < 6; n++) if (!(await claim())) refusals++;
    assert.ok(refusals > 0 && sent > 0, 'there was no room to keep what is sent');
    const left = await app.deps.db.reader.all(textOf('select distinct status from deliveries'), []);
    assert.deepEqual(left, [{ status: 'pending' }]);
    await app.deps.db.write('room', (db) => db.all(textOf('pragma max_page_count = 100000'), []));
    assert.ok(await claim());
    await app.close();
  });
});

describe('a full disk', () => {
  const probe = mkdtempSync(join(tmpdir(), 'veza-mount-'));
  const canMount = works('mount', '-t', 'tmpfs', '-o', 'size=64k', 'veza-test', probe) && works('umount', probe);
  rmSync(probe, { recursive: true });

  it('keeps the server answering, through a restart too', { skip: !canMount && 'no right to mount one' }, async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'veza-full-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'veza-test', directory]);
    t.after(() => {
      execFileSync('umount', ['--lazy', directory]);
      rmSync(directory, { recursive: true });
    });
    const house = await openHouse('sqlite', { directory });
    t.after(() => house.end('SIGKILL'));
    let client = await house.open();
    const ledger = createLedger();
    const places = await settleIn(client);
    const token = places[0]?.players[0]?.token;
    await load(client, ledger, places, 1, () => ledger.counts.full > 100);
    assert.ok(ledger.counts.acknowledged > 100);
    const { reader } = house.reader();
    const stored = await verifyStored(reader, ledger);
    for (const place of places) await verifyShown(client, place, stored, 0);
    await house.end('SIGKILL');

    // Started again without room, and with a watermark that says so.
    client = await house.open({ MIN_FREE_DISK_BYTES: '65536' });
    const degraded = async () => (await client.call('GET', '/readyz')).data.degraded;
    assert.deepEqual(await degraded(), ['storage_full']);
    for (const place of places) {
      await verifyShown(client, place, stored, 0);
      const { status, data } = await client.call('POST', `${place.path}/messages`, token, { content: 'no room' });
      assert.deepEqual([status, data.code], [507, 'STORAGE_FULL']);
    }
    assert.deepEqual(await verifyStored(reader, ledger), stored);

    execFileSync('mount', ['-o', 'remount,size=32m', directory]);
    while ((await degraded()).length > 0) await sleep(50);
    await verifyReplays(client, ledger, stored);
    await verifyUploads(client, ledger);
    await load(client, ledger, places, 2, () => ledger.counts.acknowledged > 600);
    await house.end('SIGKILL');
    await verifyStored(reader, ledger);
    await house.reader().close();
  });
});
