import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, describe, it } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { ownCtx } from '../../src/context.ts';
import { textOf } from '../../src/db/statement.ts';
import { forgetFormerSecrets } from '../../src/modules/webhooks/forget.ts';
import { engines } from '../engines.ts';
import { createTestApp } from '../harness/app.ts';
import { movableClock } from '../harness/auth.ts';
import { type Received, startReceiver, toThisMachine } from './receiver.ts';

const HOUR = 3_600_000;

/** Which of the secrets, by name, have signed in either way, in the order of the header. */
function signers({ headers, body }: Received, secrets: Readonly<Record<string, string>>) {
  const id = String(headers['webhook-id']);
  const at = new Date(Number(headers['webhook-timestamp']) * 1_000);
  const standardOf = (secret: string) =>
    (secret.startsWith('whsec_') ? new Webhook(secret) : new Webhook(secret, { format: 'raw' })).sign(id, at, body);
  const named = (fits: (secret: string) => boolean) => Object.keys(secrets).find((name) => fits(secrets[name] ?? ''));
  const plain = (secret: string) => createHmac('sha256', secret).update(body).digest('hex');
  return {
    standard: String(headers['webhook-signature'])
      .split(' ')
      .map((one) => named((secret) => standardOf(secret) === one)),
    plain: named((secret) => plain(secret) === headers['x-webhook-signature']),
  };
}

for (const engine of engines) {
  describe(`changing the secret of a webhook (${engine})`, async () => {
    const clock = movableClock();
    const settings = { ...toThisMachine, ACCESS_TOKEN_SECONDS: '86400' };
    const app = await createTestApp(engine, settings, { now: clock.now });
    const receiver = await startReceiver();
    after(app.close);
    after(receiver.close);
    await app.register('alice');
    const alice = () => app.login('alice');
    const room = await (await alice()).post('/rooms', { name: 'Garden' }, 201);
    const hook = async (more = {}) =>
      (await alice()).post(
        '/webhooks',
        { url: receiver.url, events: ['message_sent'], room_id: room.id, ...more },
        201,
      );
    const rotate = async (id: number, body: object | undefined = undefined, status = 200, headers = {}) =>
      (await alice()).post(`/webhooks/${id}/secret/rotate`, body, status, headers);
    const promote = async (id: number, status = 200) =>
      (await alice()).post(`/webhooks/${id}/secret/promote`, undefined, status);
    /** Who has signed the next thing that is told. */
    const signed = async (id: number, secrets: Record<string, string>) => {
      const count = receiver.received.filter(({ told }) => told.webhook_id === id).length;
      await (await alice()).post(`/rooms/${room.id}/messages`, { content: 'x' }, 201);
      return signers((await receiver.got(count + 1, ({ told }) => told.webhook_id === id)).at(-1) as Received, secrets);
    };
    const text = async (table: string) =>
      JSON.stringify(await app.deps.db.reader.all(textOf(`select * from ${table}`), []));
    const ends = async (id: number) => (await alice()).delete(`/webhooks/${id}`, 204);

    it('both sign for a day, the documented header with the former; then the new one alone', async () => {
      const made = await hook();
      const { id } = made;
      assert.deepEqual(await signed(id, { a: made.secret }), { standard: ['a'], plain: 'a' });
      const rotated = await rotate(id);
      assert.match(rotated.secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
      assert.deepEqual(
        [Date.parse(rotated.former_secret_until) - clock.now(), Date.parse(rotated.updated_at)],
        [24 * HOUR, clock.now()],
      );
      const secrets = { a: made.secret, b: rotated.secret };
      assert.deepEqual(await signed(id, secrets), { standard: ['b', 'a'], plain: 'a' });
      const { delivered } = await (await alice()).post(`/webhooks/${id}/test`, {}, 200);
      assert.equal(delivered, true);
      const test = receiver.received.findLast(({ told }) => told.event === 'webhook_test') as Received;
      assert.deepEqual(signers(test, secrets), { standard: ['b', 'a'], plain: 'a' });
      clock.advance(24 * HOUR - 1);
      assert.deepEqual(await signed(id, secrets), { standard: ['b', 'a'], plain: 'a' });
      await forgetFormerSecrets(ownCtx(app.deps, 'test'));
      assert.deepEqual(await signed(id, secrets), { standard: ['b', 'a'], plain: 'a' });
      clock.advance(1);
      assert.deepEqual(await signed(id, secrets), { standard: ['b'], plain: 'b' });
      await forgetFormerSecrets(ownCtx(app.deps, 'test'));
      const [left] = await app.deps.db.reader.all(textOf(`select * from webhooks where id = ${id}`), []);
      assert.deepEqual([left?.next_secret, left?.next_secret_at], [null, null], 'the former is nowhere any more');
      assert.deepEqual(await signed(id, secrets), { standard: ['b'], plain: 'b' });
      await ends(id);
    });

    it('promoting the new one ends the former at once, and once', async () => {
      const made = await hook({ secret: 'one of sixteen or more' });
      const { id } = made;
      const { secret } = await rotate(id, { secret: 'two of sixteen or more' });
      assert.equal(secret, 'two of sixteen or more');
      const secrets = { a: made.secret, b: secret };
      assert.deepEqual(await signed(id, secrets), { standard: ['b', 'a'], plain: 'a' });
      const promoted = await promote(id);
      assert.deepEqual(promoted, await (await alice()).get(`/webhooks/${id}`, 200));
      assert.deepEqual(await signed(id, secrets), { standard: ['b'], plain: 'b' });
      await app.deps.webhooks.worker.stop(1_000);
      const again = await alice();
      await app.unchanged(() => again.post(`/webhooks/${id}/secret/promote`, undefined, 200));
      await app.deps.webhooks.worker.start();
      await ends(id);
    });

    it('rotated again, the newest takes the place of the new one, and the former stays for another day', async () => {
      const made = await hook();
      const { id } = made;
      const lost = await rotate(id);
      clock.advance(20 * HOUR);
      const found = await rotate(id, {});
      assert.equal(Date.parse(found.former_secret_until) - clock.now(), 24 * HOUR);
      const secrets = { a: made.secret, lost: lost.secret, b: found.secret };
      clock.advance(20 * HOUR);
      assert.deepEqual(await signed(id, secrets), { standard: ['b', 'a'], plain: 'a' });
      clock.advance(4 * HOUR);
      assert.deepEqual(await signed(id, secrets), { standard: ['b'], plain: 'b' });
      const third = await rotate(id, { secret: null });
      assert.deepEqual(
        await signed(id, { ...secrets, c: third.secret }),
        { standard: ['c', 'b'], plain: 'b' },
        'the day of the one before was over',
      );
      await ends(id);
    });

    it('it is audited with what happened, and no secret is to be read anywhere but in that one answer', async () => {
      const made = await hook();
      const { id } = made;
      const headers = { 'idempotency-key': 'rotate once' };
      const given = 'a secret nobody repeats';
      const first = await rotate(id, { secret: given }, 200, headers);
      const again = await rotate(id, { secret: given }, 200, headers);
      const { secret: _, ...rest } = first;
      assert.deepEqual(again, rest);
      await rotate(id, { secret: 'another secret of mine' }, 422, headers);
      await promote(id);
      const admin = await app.login('admin');
      const shown = JSON.stringify([
        await (await alice()).get(`/webhooks/${id}`, 200),
        await (await alice()).get('/webhooks', 200),
        (await admin.get('/admin/audit?action=webhook_updated&limit=2', 200)).logs,
      ]);
      for (const place of ['webhooks', 'events', 'audit_log', 'idempotency_keys', 'deliveries'])
        for (const secret of [given, made.secret, made.secret.slice(6)])
          assert.ok(!`${await text(place)}${shown}`.includes(secret), `${place}: ${secret}`);
      const details = (await admin.get('/admin/audit?action=webhook_updated&limit=2', 200)).logs.map(
        ({ details }: { details: object }) => details,
      );
      assert.deepEqual(details, [
        { webhook_id: id, changed: ['secret'], step: 'promoted' },
        { webhook_id: id, changed: ['secret'], step: 'rotated', former_secret_until: first.former_secret_until },
      ]);
      await ends(id);
    });

    it('what is no secret is refused by name, and changes nothing', async () => {
      const { id } = await hook();
      const person = await alice();
      const bob = await app.register('bob');
      const bad: Record<string, unknown> = {
        too_short: 'x'.repeat(15),
        too_long: 'x'.repeat(257),
        forbidden_character: `${'x'.repeat(16)}\u0000`,
        malformed_encoding: 'whsec_not/base64!!',
        wrong_type: 17,
      };
      await app.unchanged(async () => {
        for (const [reason, secret] of Object.entries(bad)) {
          const { details } = await person.post(`/webhooks/${id}/secret/rotate`, { secret }, 400);
          assert.deepEqual([details.field, details.reason], ['secret', reason]);
        }
        const { details } = await person.post(`/webhooks/${id}/secret/rotate`, { until: 1 }, 400);
        assert.equal(details.reason, 'unknown_field');
        await person.post(`/webhooks/${id}/secret/promote`, { secret: 'x'.repeat(16) }, 400);
        for (const step of ['rotate', 'promote']) {
          await bob.post(`/webhooks/${id}/secret/${step}`, undefined, 404);
          await person.post(`/webhooks/999999/secret/${step}`, undefined, 404);
        }
      });
      await ends(id);
    });
  });
}
