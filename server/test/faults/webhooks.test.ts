import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { engines } from '../engines.ts';
import { type Receiver, startReceiver, toThisMachine } from '../webhooks/receiver.ts';
import { openHouse } from './house.ts';
import type { HttpClient } from './http_client.ts';
import { PASSWORD } from './world.ts';

/** The admin, a webhook of room 1, and something to tell it. */
async function begin(client: HttpClient, receiver: Receiver) {
  const signedIn = await client.call('POST', '/auth/login', undefined, { username: 'admin', password: PASSWORD });
  const token: string = signedIn.data.access_token;
  const body = { url: receiver.url, events: ['message_sent'], room_id: 1 };
  const { status, data } = await client.call('POST', '/webhooks', token, body);
  assert.equal(status, 201, JSON.stringify(data));
  assert.equal((await client.call('POST', '/rooms/1/messages', token, { content: 'tell them' })).status, 201);
  const newest = async (client: HttpClient) =>
    (await client.call('GET', `/webhooks/${data.id}/deliveries`, token)).data.deliveries[0];
  return { newest };
}

const untilDelivered = async (look: () => Promise<{ status: string; attempts: number }>) => {
  for (;;) {
    const found = await look();
    if (found.status === 'delivered') return found;
  }
};

for (const engine of engines) {
  describe(`deliveries of a server that is killed (${engine})`, () => {
    it('between two attempts: the second comes after the restart, with the same id and the same bytes', async (t) => {
      const receiver = await startReceiver();
      const house = await openHouse(engine, { variables: toThisMachine });
      t.after(receiver.close);
      t.after(house.close);
      const client = await house.open();
      receiver.answer = (_, response) => response.writeHead(500).end();
      const { newest } = await begin(client, receiver);
      while ((await newest(client)).attempts === 0);
      await house.end('SIGKILL');
      receiver.answer = (_, response) => response.writeHead(204).end();
      const again = await house.open();
      const [first, second] = await receiver.got(2);
      assert.equal(second?.body, first?.body);
      assert.equal(second?.headers['webhook-id'], first?.headers['webhook-id']);
      assert.deepEqual((await untilDelivered(() => newest(again))).attempts, 2);
    });

    it('within an attempt: it is made again and counts once', async (t) => {
      const receiver = await startReceiver();
      // What a process that is gone has held comes up again sooner.
      const house = await openHouse(engine, { variables: { ...toThisMachine, WEBHOOK_ATTEMPT_SECONDS: '1' } });
      t.after(receiver.close);
      t.after(house.close);
      const client = await house.open();
      receiver.answer = () => undefined;
      const { newest } = await begin(client, receiver);
      await receiver.got(1);
      await house.end('SIGKILL');
      receiver.answer = (_, response) => response.writeHead(204).end();
      const again = await house.open();
      const [first, second] = await receiver.got(2);
      assert.equal(second?.body, first?.body);
      assert.equal((await untilDelivered(() => newest(again))).attempts, 1);
    });
  });
}

describe('deliveries of a server that is asked to end', () => {
  it('what is under way is let finish, and counts', async (t) => {
    const receiver = await startReceiver();
    const house = await openHouse('sqlite', { variables: toThisMachine });
    t.after(receiver.close);
    t.after(house.close);
    const client = await house.open();
    const asked = Promise.withResolvers<void>();
    receiver.answer = (_, response) => {
      asked.resolve();
      // The end has been asked for by then.
      setTimeout(() => response.writeHead(204).end(), 300);
    };
    const { newest } = await begin(client, receiver);
    await asked.promise;
    assert.equal((await house.end('SIGTERM')).code, 0);
    const found = await newest(await house.open());
    assert.deepEqual([found.status, found.attempts], ['delivered', 1]);
    assert.equal(receiver.received.length, 1);
  });
});
