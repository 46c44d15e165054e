import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { compileFunction } from 'node:vm';
import express from 'express';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { Pool } from 'undici';
import { metadataFault, storedMetadata } from '../../src/modules/messages/metadata.ts';
import { messageJson } from '../../src/modules/messages/present.ts';
import type { MessageOfContainer } from '../../src/modules/messages/store.ts';
import { bodyText, MAX_BODY_BYTES } from '../../src/modules/webhooks/body.ts';
import { headersOf } from '../../src/modules/webhooks/signature.ts';
import { anyText } from '../harness/any_text.ts';

const COUNT = 10_000;

/** The receiver as the product's documentation prints it, on a free port instead of 3000. */
function startPrinted(secret: string): { server: Promise<Server>; lines: string[] } {
  const { promise: server, resolve } = Promise.withResolvers<Server>();
  const lines: string[] = [];
  const onFreePort = () => {
    const app = express();
    const listen = (_port: number, listening: () => void) => {
      const server = createServer(app);
      server.listen(0, '127.0.0.1', () => {
        listening();
        resolve(server);
      });
      return server;
    };
    return Object.assign(app, { listen });
  };
  const load = createRequire(import.meta.url);
  const requireHere = (name: string) => (name === 'express' ? Object.assign(onFreePort, express) : load(name));
  const text = readFileSync(join(import.meta.dirname, 'express_receiver.cjs'), 'utf8');
  const run = compileFunction(text, ['require', 'process', 'console']);
  run(requireHere, { env: { WEBHOOK_SECRET: secret } }, { log: (line: string) => lines.push(line) });
  return { server, lines };
}

const hostile = fc.oneof(
  anyText(60),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.constantFrom(
    '</script>',
    '__proto__',
    '\u2028\u2029',
    '\u202e',
    '\u0001\u001f\u007f',
    '\\"\\',
    '👩‍👩‍👧‍👦',
    '𝕳\u0301',
    '"}],"event":"x"',
  ),
);
const metadata = fc
  .dictionary(
    fc.oneof(hostile, fc.constantFrom('10', '2', '1', '__proto__', 'constructor', 'toJSON')),
    fc.jsonValue(),
    {
      maxKeys: 5,
    },
  )
  .filter((made) => metadataFault(made) === undefined);

/** A message as the server has it, and the body that tells of it. */
function bodyOf(content: string, stored: string, index: number): string {
  const at = Date.UTC(2026, 0, 15) + index;
  const message: MessageOfContainer = {
    ...{ id: index, uuid: '00000000-0000-7000-8000-000000000000', container_id: 1, seq: index, author_id: 2 },
    ...{ username: 'john_doe', content, parent_id: null, reply_to_id: null, thread_count: 0, is_pinned: 0 },
    ...{
      is_listed: 1,
      edit_count: 0,
      edited_at: null,
      reaction_count: 0,
      attachment_count: 0,
      version: 1,
      mentions: '[]',
      metadata: stored,
    },
    ...{ deleted_at: null, created_at: at, updated_at: at, visibility: 'public' },
  };
  const data = { ...JSON.parse(messageJson(message, [])), user_id: 2, actor_id: 2 };
  const timestamp = new Date(at).toISOString();
  return bodyText({ id: `evt_${index}`, event: 'message_sent', timestamp, webhook_id: 1, data });
}

describe('receivers as they are written', async () => {
  const secret = 'webhook_secret_key';
  const made = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
  const contents = fc.sample(hostile, { numRuns: COUNT, seed: 42 }).map((text) => text.toWellFormed());
  const stored = fc.sample(metadata, { numRuns: COUNT, seed: 43 }).map(storedMetadata);
  const bodies = contents.map((content, index) => bodyOf(content, stored[index] as string, index + 1));
  const printed = startPrinted(secret);
  const server = await printed.server;
  const pool = new Pool(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { connections: 16 });
  after(async () => {
    await pool.close();
    server.close();
    await once(server, 'close');
  });
  const post = async (body: string, headers: Record<string, string>) => {
    const answer = await pool.request({ path: '/webhook/chat', method: 'POST', headers, body });
    return `${answer.statusCode} ${await answer.body.text()}`;
  };
  const signed = (body: string, secret: string, at = Date.now()) =>
    headersOf({ body, messageId: 'evt_1', event: 'message_sent', secrets: [secret], traceparent: null, at });

  it(`the printed one accepts ${COUNT} messages with hostile words and metadata, and logs each`, async () => {
    const before = printed.lines.length;
    const answers = new Set<string>();
    for (let start = 0; start < COUNT; start += 500) {
      const part = bodies.slice(start, start + 500);
      for (const answer of await Promise.all(part.map((body) => post(body, signed(body, secret))))) answers.add(answer);
    }
    assert.deepEqual([...answers], ['200 OK']);
    const logged = new Set(printed.lines.slice(before));
    for (const content of contents) assert.ok(logged.has(`New message in room 1: ${content}`), JSON.stringify(content));
  });

  it('and refuses what is signed with another secret, or changed on the way', async () => {
    const body = bodies[0] as string;
    assert.equal(await post(body, signed(body, 'another secret of 16')), '401 Invalid signature');
    assert.equal(await post(body.replace('john_doe', 'mallory'), signed(body, secret)), '401 Invalid signature');
  });

  it('the library of Standard Webhooks accepts the same, with a made secret and with a text', () => {
    const byMade = new Webhook(made);
    const byText = new Webhook(secret, { format: 'raw' });
    for (const body of bodies) {
      assert.deepEqual(byMade.verify(body, signed(body, made)), JSON.parse(body));
      byText.verify(body, signed(body, secret));
    }
    const [body = ''] = bodies;
    assert.throws(() => byMade.verify(body, signed(body, secret)));
    assert.throws(() => byMade.verify(`${body} `, signed(body, made)));
    assert.throws(() => byMade.verify(body, signed(body, made, Date.now() - 600_000)), /too old/);
  });

  it('what would be too long is cut, says so, and verifies all the same', async () => {
    const wide = ['\u0001', '👋', 'é', '"', 'a'].map((unit) => unit.repeat(40_000));
    for (const content of wide) {
      const body = bodyOf(content, '{"a":1}', 1);
      const { data } = JSON.parse(body);
      assert.equal(JSON.stringify(JSON.parse(body)), body);
      const size = Buffer.byteLength(body);
      if (data.truncated === undefined) assert.equal(data.content, content);
      else {
        assert.deepEqual(data.truncated, ['content']);
        assert.ok(content.startsWith(data.content) && data.content.isWellFormed());
        assert.deepEqual(data.metadata, { a: 1 });
        assert.ok(size > MAX_BODY_BYTES - 64, `cut no more than needed: ${size}`);
      }
      assert.ok(size <= MAX_BODY_BYTES, `${size}`);
      assert.equal(await post(body, signed(body, secret)), '200 OK');
    }
  });
});
