import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { commands } from '../../src/realtime/commands.ts';
import { engines } from '../engines.ts';
import { createTestApp, type TestApp } from '../harness/app.ts';
import type { Person } from '../harness/people.ts';
import { type Client, connect, listen, open } from './socket.ts';

const deep = (levels: number) => `{"type":"ping","data":{"timestamp":${'['.repeat(levels)}${']'.repeat(levels)}}}`;

/** Texts that are no frames. */
const texts = [
  ...['', ' ', 'x', '{', '{}', 'null', 'true', '1', '"ping"', '[]', '[{"type":"ping"}]', '{"type":"ping"', '\uFEFF{}'],
  ...['{"type":null}', '{"type":1}', '{"type":["ping"]}', '{"type":{}}', '{"data":{}}', '{"type":"ping","data":null}'],
  ...['{"type":"ping","data":[]}', '{"type":"ping","data":"x"}', '{"type":"ping","data":1}', "{'type':'ping'}"],
  ...['{"type":"ping","request_id":1}', '{"type":"ping","request_id":null}', '{"type":"ping","request_id":{}}'],
  ...[`{"type":"ping","request_id":"${'x'.repeat(129)}"}`, '{"type":"ping","request_id":"\\ud800"}'],
  ...[
    '{"type":"ping","data":{"timestamp":"\\u0000"}}',
    '{"type":"ping","data":{"\\udfff":1}}',
    deep(1_000),
    deep(30_000),
  ],
  ...['{"type":"ping","data":{"timestamp":1e999999}}x', '{"type":"ping\\u0000"}', '{"type":"ping","data":{"more":1}}'],
  ...[
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'PING',
    'ping ',
    '',
    'hello',
    'auth_success',
    'error',
  ].map((type) => JSON.stringify({ type, data: {} })),
  '{"type":"ping","data":{"__proto__":{"timestamp":1}}}',
];

const someText = 'x'.repeat(30_000);
/** Stands in for every field of every command in turn. */
const values = [null, true, -1, 0, 1.5, 2 ** 53, 1e308, '', '1', someText, [], [1], {}, { id: 1 }];

for (const engine of engines)
  describe(`malformed frames on ${engine}`, () => {
    let app: TestApp;
    let url: string;
    let alice: Person;
    let client: Client | undefined;
    before(async () => {
      app = await createTestApp(engine);
      url = await listen(app);
      alice = await app.register('alice');
    });
    after(() => app.close());

    /** Ten refusals close a socket: there is a new one for every nine. */
    let asked = 0;
    async function socket(): Promise<Client> {
      if (client && asked++ % 9 !== 8) return client;
      await client?.close();
      client = await connect(url, alice);
      return client;
    }

    test('each is refused by name, the socket lives on, and nothing is written', async () => {
      await socket();
      await app.unchanged(async () => {
        for (const text of texts) {
          const here = await socket();
          const before = here.of('error').length;
          here.send(text);
          await here.ask('ping', {}, 'pong');
          const [error, more] = here.of('error').slice(before);
          const seen = text.slice(0, 100);
          assert.equal(error?.code, 'VALIDATION_FAILED', seen);
          assert.equal(error.severity, 'low');
          assert.ok(error.details.field && error.details.reason && error.details.errors.length > 0, seen);
          assert.equal(more, undefined, seen);
        }
      });
    });

    test('before authenticate as well', async () => {
      for (let start = 0; start < texts.length; start += 9) {
        const stranger = await open(url);
        const some = texts
          .slice(start, start + 9)
          .filter((text) => !/"type":"[^"]*"(,"data":\{[^}]*\})?\}$/.test(text));
        for (const text of some) stranger.send(text);
        await stranger.ask('authenticate', { token: alice.token }, 'auth_success');
        assert.equal(stranger.of('error').length, some.length);
        await stranger.close();
      }
    });

    test('what can be repeated of a refused frame is repeated', async () => {
      const here = await connect(url, alice);
      for (const text of ['{"type":1,"request_id":"a"}', '{"type":"nothing","request_id":"b"}']) {
        here.send(text);
        await here.ask('ping', {}, 'pong');
      }
      assert.deepEqual(
        here.frames.filter(({ type }) => type === 'error').map(({ request_id }) => request_id),
        ['a', 'b'],
      );
      await here.close();
    });

    test('no field of no command takes what it should not', async () => {
      await socket();
      await app.unchanged(async () => {
        for (const [type, { data }] of commands) {
          if (type === 'update_status') continue;
          for (const field of [...Object.keys(data.properties), 'unknown'])
            for (const value of values) {
              const here = await socket();
              const request_id = `${asked}`;
              here.send({ type, data: { [field]: value }, request_id });
              await here.ask('ping', {}, 'pong');
              const answer = here.frames.find((frame) => frame.request_id === request_id);
              const isRefused = answer?.type === 'error' && !/INTERNAL|UNAVAILABLE/.test(answer.data.code);
              const isHarmless = type === 'list_dms' && answer?.type === 'dm_list';
              assert.ok(
                isRefused || isHarmless,
                `${type} ${field} ${JSON.stringify(value).slice(0, 40)} → ${JSON.stringify(answer)}`,
              );
            }
        }
      });
    });

    test('the tenth in a minute closes the socket with 4003', async () => {
      for (const bad of ['x', { type: 'nothing', data: {} }, { type: 'get_reactions', data: {} }]) {
        const here = await connect(url, alice);
        for (let at = 0; at < 10; at++) here.send(bad);
        assert.equal(await here.closed(), 4003);
        assert.equal(here.of('error').length, 10);
      }
      const refused = await connect(url, alice);
      for (let at = 0; at < 12; at++) await refused.ask('get_reactions', { message_id: 999_999 }, 'error');
      await refused.close();
    });
  });
