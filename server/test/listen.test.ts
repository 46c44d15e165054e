import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { runVeza } from '../src/cli/run.ts';
import type { Terminal } from '../src/cli/terminal.ts';
import { engines } from './engines.ts';
import { createTestApp, type TestApp } from './harness/app.ts';
import { type Listening, spawnVeza, startListening } from './harness/listening.ts';
import type { Person } from './harness/people.ts';
import { type Received, type Receiver, startReceiver, toThisMachine } from './webhooks/receiver.ts';

/** Verifies as the documentation does, and as the library of Standard Webhooks does. */
function verify({ secret }: Pick<Listening, 'secret'>, { headers, body }: Received): void {
  assert.equal(headers['x-webhook-signature'], createHmac('sha256', secret).update(body).digest('hex'));
  const options = secret.startsWith('whsec_') ? {} : ({ format: 'raw' } as const);
  new Webhook(secret, options).verify(body, headers as Record<string, string>);
  assert.match(String(headers['user-agent']), /^Veza-Webhooks\//);
}

const contentsOf = (got: readonly Received[]) => got.map(({ told }) => told.data.content);

for (const engine of engines)
  describe(`veza listen (${engine})`, () => {
    let app: TestApp;
    let alice: Person;
    let bob: Person;
    let room: number;
    let receiver: Receiver;
    const say = (content: string) => alice.post(`/rooms/${room}/messages`, { content }, 201);

    before(async () => {
      app = await createTestApp(engine, toThisMachine);
      [alice, bob] = [await app.register('alice'), await app.register('bob')];
      room = (await alice.post('/rooms', { name: 'Kitchen' }, 201)).id;
      await bob.post(`/rooms/${room}/join`, {}, 201);
      receiver = await startReceiver();
    });
    after(async () => {
      await receiver.close();
      await app.close();
    });

    /** With a receiver of its own, so that tests do not see each other's events. */
    async function listening(args: readonly string[], test: (to: Receiver, listen: Listening) => Promise<void>) {
      const to = await startReceiver();
      try {
        const listen = await startListening(app, to.url, ...args);
        await test(to, listen).finally(() => listen.end());
      } finally {
        await to.close();
      }
    }

    it('forwards what a webhook of the server is sent, signed, in the order of the log', async () => {
      const events = ['*', 'direct_message_sent', 'user_created', 'user_updated'];
      const { id: webhook } = await app.admin.post('/webhooks', { url: receiver.url, events }, 201);
      await listening(['--events', events.join(',')], async (to, listen) => {
        let count = 0;
        /** Both have been told before anything else happens: what is told is how things are then. */
        const both = async <T>(what: Promise<T>, events = 1): Promise<T> => {
          const done = await what;
          count += events;
          await Promise.all([to.got(count), receiver.got(count)]);
          return done;
        };
        const message = await both(bob.post(`/rooms/${room}/messages`, { content: 'tea, @alice? 🌹' }, 201));
        await both(say('yes'));
        await both(alice.post(`/messages/${message.id}/reactions`, { emoji: '👍' }, 201));
        await both(alice.post(`/messages/${message.id}/pin`, {}, 200));
        await both(bob.put(`/messages/${message.id}`, { content: 'coffee' }, 200));
        await both(bob.delete(`/messages/${message.id}`, 204));
        await both(alice.put(`/rooms/${room}`, { topic: 'breakfast' }, 200));
        // She comes into the default room, too.
        await both(app.register('carol'), 2);
        await both(alice.put('/users/me', { display_name: 'Alice' }, 200));
        const { id } = await alice.post('/conversations', { user_id: bob.id }, 201);
        await both(alice.post(`/conversations/${id}/messages`, { content: 'between us' }, 201));
        await both(alice.put(`/rooms/${room}/members/${bob.id}`, { role: 'moderator' }, 200));

        assert.deepEqual(to.received.map(shownOf), receiver.received.map(shownOf));
        for (const got of to.received) verify(listen, got);
        assert.match(listen.secret, /^whsec_/);
        const lines = await listen.got(to.received.length);
        assert.deepEqual(
          lines.map(({ event, id, outcome }) => [event, id, outcome]),
          to.received.map(({ told }) => [told.event, told.id, '204']),
        );
      });
      await app.admin.delete(`/webhooks/${webhook}`, 204);
    });

    it('forwards what is asked for alone: direct messages only when they are named', async () => {
      const { id } = await alice.post('/conversations', { user_id: bob.id }, 200);
      let times = 0;
      const act = async () => {
        await alice.post(`/conversations/${id}/messages`, { content: 'between us' }, 201);
        const { id: messageId } = await say('to all');
        await alice.post(`/messages/${messageId}/pin`, {}, 200);
        await alice.put('/users/me', { display_name: `Alice ${++times}` }, 200);
        await say('the end');
      };
      /** Twice, so that what comes unasked would stand between. */
      const isTold = (expected: readonly string[], ...args: string[]) =>
        listening(args, async (to) => {
          await act();
          await act();
          await to.got(2 * expected.length);
          const events = to.received.map(({ told }) => told.event);
          assert.deepEqual(events, [...expected, ...expected]);
        });
      await isTold(['message_sent', 'message_pinned', 'user_updated', 'message_sent']);
      await isTold(['message_sent', 'message_pinned', 'message_sent'], '--events', '*');
      await isTold(['message_pinned'], '--events', 'message_pinned');
      const direct = ['direct_message_sent', 'message_sent', 'message_sent'];
      await isTold(direct, '--events', 'direct_message_sent,message_sent');
    });

    it('sends the last ones first, as they are now, and then goes on', async () => {
      const gone = await say('a slip');
      await alice.delete(`/messages/${gone.id}`, 204);
      await say('before');
      const args = ['--events', 'message_sent,message_deleted', '--replay', '3', '--secret', 'a secret of mine alone'];
      await listening(args, async (to, listen) => {
        await to.got(3);
        await say('after');
        await to.got(4);
        assert.deepEqual(contentsOf(to.received), [null, null, 'before', 'after']);
        assert.deepEqual(
          to.received.map(({ told }) => told.event),
          ['message_sent', 'message_deleted', 'message_sent', 'message_sent'],
        );
        assert.equal(listen.secret, 'a secret of mine alone');
        for (const got of to.received) verify(listen, got);
      });
      await listening(['--replay', '10000', '--events', 'room_created'], async (to) => {
        await to.got(1, ({ told }) => told.data.name === 'Kitchen');
      });
    });

    it('reads far back for what is rare', async () => {
      for (let i = 0; i < 30; i++) await Promise.all(Array.from({ length: 10 }, (_, place) => say(`${i}.${place}`)));
      await listening(['--replay', '1', '--events', 'room_created'], async (to) => {
        const [got] = await to.got(1);
        assert.equal(got?.told.data.name, 'Kitchen');
      });
    });

    it('says how each went, and goes on: refused, redirected, nobody there, there again', async () => {
      await listening(['--events', 'message_sent'], async (to, listen) => {
        to.answer = ({ told: { data } }, response) => {
          if (data.content === 'redirect') response.writeHead(302, { location: to.url }).end();
          else if (data.content === 'cut') response.destroy();
          else response.writeHead(data.content === 'fail' ? 500 : 200).end('thanks');
        };
        for (const content of ['fine', 'fail', 'redirect', 'cut', 'fine']) await say(content);
        const lines = await listen.got(5);
        assert.deepEqual(
          lines.map(({ outcome }) => outcome),
          ['200', '500 not_2xx', '302 redirect_not_followed', 'connection_closed', '200'],
        );
        assert.equal(to.received.length, 5);
      });
      const down = await startReceiver();
      await down.close();
      const listen = await startListening(app, down.url, '--events', 'message_sent');
      await say('nobody hears');
      await listen.got(1);
      const up = await startReceiver(Number(new URL(down.url).port));
      await say('somebody does');
      const lines = await listen.got(2);
      assert.deepEqual(
        lines.map(({ outcome }) => outcome),
        ['connection_refused', '204'],
      );
      assert.deepEqual(contentsOf(up.received), ['somebody does']);
      const { code, out, err } = await listen.end();
      assert.deepEqual([code, err], [0, '']);
      assert.match(out, /\n2 forwarded, 1 of them delivered\.\n$/);
      await up.close();
    });

    it('sends everything once and in order while others write, and changes nothing', async () => {
      await listening(['--events', 'message_sent'], async (to) => {
        const writers = [alice, bob].map(async (person, who) => {
          for (let i = 0; i < 50; i++) await person.post(`/rooms/${room}/messages`, { content: `${who} ${i}` }, 201);
        });
        await Promise.all(writers);
        const got = await to.got(100);
        const seqs = got.map(({ told }) => told.data.seq as number);
        assert.deepEqual(
          seqs,
          seqs.toSorted((a, b) => a - b),
        );
        assert.equal(new Set(got.map(({ told }) => told.id)).size, 100);
      });
      await app.unchanged(() => listening(['--replay', '20'], async (to) => void (await to.got(20))));
    });

    it('ends at once on Ctrl-C and SIGTERM, also while a receiver keeps it waiting', async () => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const)
        await listening(['--replay', '2', '--events', 'message_sent'], async (to, listen) => {
          to.answer = () => undefined;
          await to.got(1);
          const { code, out } = await listen.end(signal);
          assert.equal(code, 0);
          assert.match(out, / {2}cut_off {2}\d+ ms\n1 forwarded, 0 of them delivered\.\n$/);
        });
    });

    it('forwards to this machine, and elsewhere only when that is allowed', async () => {
      const port = new URL(receiver.url).port;
      const there = `http://0.0.0.0:${port}/`;
      const refused = await spawnVeza(app, ['listen', '--forward-to', there]).closed;
      assert.deepEqual([refused.code, refused.out], [64, '']);
      assert.match(refused.err, /0\.0\.0\.0 is not this machine, and `--allow-remote` was not given/);
      const listen = await startListening(app, there, '--allow-remote', '--replay', '1');
      assert.equal((await listen.got(1))[0]?.outcome, '204');
      await listen.end();
      const local = await startListening(app, `http://localhost:${port}/`, '--replay', '1');
      assert.equal((await local.got(1))[0]?.outcome, '204');
      await local.end();
    });
  });

describe('veza listen, asked wrongly', () => {
  const to = ['--forward-to', 'http://127.0.0.1:9/'];
  const wrong: readonly (readonly [says: RegExp, args: readonly string[]])[] = [
    [/forward-to/, []],
    [/has to be an http or https URL, and is refused: not_a_url/, ['--forward-to', 'localhost:3000']],
    [/refused: not_a_url/, ['--forward-to', 'ftp://127.0.0.1/']],
    [/refused: credentials/, ['--forward-to', 'http://me:too@127.0.0.1/']],
    [/10\.0\.0\.1 is not this machine/, ['--forward-to', 'http://10.0.0.1/']],
    [/example\.com is not this machine/, ['--forward-to', 'https://example.com/']],
    [/no webhook is told of `message_snet`; there are message_sent, /, [...to, '--events', 'user_left,message_snet']],
    [/no webhook is told of ``/, [...to, '--events', '']],
    [/`--replay` has to be a number up to 10000/, [...to, '--replay', 'all']],
    [/`--replay` has to be a number up to 10000/, [...to, '--replay', '10001']],
    [/`--replay` has to be a number up to 10000/, [...to, '--replay=-1']],
    [/`--secret` has to have 16 characters/, [...to, '--secret', 'short']],
    [/`--secret` is refused: malformed_encoding/, [...to, '--secret', 'whsec_no base64 at all']],
    [/no option `--forward`/, ['--forward', 'http://127.0.0.1/']],
    [/`more` is one argument too many/, [...to, 'more']],
  ];
  for (const [says, args] of wrong)
    it(`refuses \`veza listen ${args.join(' ')}\`, and says why`, async () => {
      const { warned, terminal } = terminalOf({});
      assert.equal(await runVeza(['listen', ...args], terminal), 64);
      assert.match(warned.join('\n'), says);
    });

  it('says where there is no database', async () => {
    const { warned, terminal } = terminalOf({ DATA_DIR: '/nowhere' });
    assert.equal(await runVeza(['listen', ...to], terminal), 69);
    assert.match(warned.join('\n'), /There is no database at \/nowhere/);
  });
});

/** Who is here, and was a moment ago, is known to the server alone. */
function shownOf({ told: { event, timestamp, data } }: Received) {
  const { last_seen, is_online, status, ...shown } = data;
  return { event, timestamp, ...shown };
}

/** One that nothing may be printed on. */
function terminalOf(environment: Terminal['environment']) {
  const warned: string[] = [];
  const terminal: Terminal = {
    environment,
    print: (line) => assert.fail(line),
    warn: (line) => void warned.push(line),
    progress: () => {},
    readInput: async () => '',
    interrupted: () => AbortSignal.abort(),
    start: async () => {},
  };
  return { warned, terminal };
}
