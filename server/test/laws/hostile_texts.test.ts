import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { engines } from '../engines.ts';
import { createTestApp } from '../harness/app.ts';
import type { Person, Reply } from '../harness/people.ts';

// What texts break on: ends of planes, halves of pairs, marks, joiners, directions, controls, case that changes length, separators,
// quotes, escapes, what is special to SQL, LIKE, JSON, HTML and formats.
const pieces = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: 'grapheme', maxLength: 12 }) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      ...[
        '\u0000',
        '\u0001',
        '\u001b[31m',
        '\u007f',
        '\u0085',
        '\t',
        '\n',
        '\r\n',
        ' ',
        '\u00a0',
        '\u2028',
        '\u2029',
        '\u3000',
      ],
      ...[
        '\ud800',
        '\udc00',
        '\udfff\ud800',
        '\uffff',
        '\ufffe',
        '\ufeff',
        '\ufffd',
        '\u{10ffff}',
        '\u{1f468}\u200d\u{1f469}',
      ],
      ...[
        '\u0301'.repeat(20),
        '\u0301'.repeat(21),
        'Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢',
        '\u200b',
        '\u200d',
        '\u2060',
        '\u202e',
        '\u2066',
        '\u2800',
        '\u3164',
        '\u115f',
      ],
      ...['é', 'e\u0301', 'ﬁ', 'ß', 'ẞ', 'İ', 'ı', 'ŉ', 'ǰ', 'Ω', 'Ω', '가', '가', 'नि', 'กำ', '日本', 'مرحبا'],
      ...[
        "'",
        '"',
        '`',
        '\\',
        '\\u0000',
        "'; drop table users; --",
        '%',
        '_',
        '\\%',
        '*',
        '$1',
        '?',
        ':name',
        '{}',
        '\u0024{x}',
        '%s',
      ],
      ...[
        '<script>',
        '&amp;',
        '@admin',
        '@the_owner',
        '```',
        'https://x/@admin',
        'null',
        'true',
        '0',
        '1e999',
        '__proto__',
      ],
    ),
  },
);
const texts = fc.array(pieces, { maxLength: 8 }).map((parts) => parts.join(''));
const cleaned = (text: string) => text.normalize('NFC').trim();
const asIs = (text: string) => text;

interface Field {
  readonly name: string;
  readonly field: string;
  /** Sends the text; the reply shows it, when it is taken. */
  send(text: string): Promise<Reply>;
  /** The text where it is read again, by somebody else where others see it. */
  read(reply: Reply): Promise<unknown>;
  /** What becomes of a text that is taken. */
  readonly kept: (text: string) => string;
  /** Which texts are taken, and no others. */
  readonly fits?: (text: string) => boolean;
}

const isText = (text: string) => text.isWellFormed() && !text.includes('\0');
/** Of any text at all: no U+0000, no half of a pair, no 21 marks in a row, not too long, something in it. */
const isContent = (text: string) =>
  text.isWellFormed() &&
  !text.includes('\0') &&
  !/\p{M}{21}/u.test(text) &&
  [...text].length <= 2_000 &&
  text.trim() !== '';

for (const engine of engines) {
  describe(`hostile texts (${engine})`, async () => {
    const app = await createTestApp(engine);
    after(app.close);
    let owner: Person;
    let other: Person;
    let third: Person;
    let edits = 0;
    let room: { id: number };
    let message: { id: number };
    let talk: { id: number };

    before(async () => {
      owner = await app.register('the_owner');
      other = await app.register('the_other');
      third = await app.register('the_third');
      room = await owner.post('/rooms', { name: 'texts' }, 201);
      await owner.post(`/rooms/${room.id}/members`, { user_id: other.id }, 201);
      message = await owner.post(`/rooms/${room.id}/messages`, { content: 'x' }, 201);
      talk = await owner.post('/conversations', { user_id: other.id }, 201);
    });

    const setting = (field: string, kept: Field['kept']): Field => ({
      name: `a room's ${field}`,
      field,
      kept,
      send: (text) => owner.request('PUT', `/rooms/${room.id}`, { body: { [field]: text } }),
      read: async () => (await other.get(`/rooms/${room.id}`, 200))[field],
    });
    const profile = (field: string, kept: Field['kept']): Field => ({
      name: `a profile's ${field}`,
      field,
      kept,
      send: (text) => owner.request('PUT', '/users/me', { body: { [field]: text } }),
      read: async () => (await other.get(`/users/${owner.id}`, 200))[field],
    });
    const fields: readonly Field[] = [
      {
        name: 'a message',
        field: 'content',
        kept: asIs,
        fits: isContent,
        send: (text) => owner.request('POST', `/rooms/${room.id}/messages`, { body: { content: text } }),
        read: async ({ data }) => (await other.get(`/messages/${data.id}`, 200)).content,
      },
      {
        name: 'a direct message',
        field: 'content',
        kept: asIs,
        fits: isContent,
        send: (text) => owner.request('POST', `/conversations/${talk.id}/messages`, { body: { content: text } }),
        read: async () => (await other.get('/conversations', 200)).conversations[0].last_message.content,
      },
      {
        name: 'an edited message',
        field: 'content',
        kept: asIs,
        fits: isContent,
        send: (text) => owner.request('PUT', `/messages/${message.id}`, { body: { content: text } }),
        read: async () =>
          (await other.get(`/rooms/${room.id}/messages?around_id=${message.id}&limit=1`, 200)).messages[0].content,
      },
      {
        name: 'the metadata of a message',
        field: 'metadata',
        kept: asIs,
        fits: (text) => text.isWellFormed() && !text.includes('\0'),
        send: (text) =>
          owner.request('POST', `/rooms/${room.id}/messages`, {
            body: { content: 'x', metadata: { deep: [{ text }] } },
          }),
        read: async ({ data }) => (await other.get(`/messages/${data.id}`, 200)).metadata.deep[0].text,
      },
      {
        name: 'a key of the metadata',
        field: 'metadata',
        kept: asIs,
        send: (text) =>
          owner.request('POST', `/rooms/${room.id}/messages`, {
            body: { content: 'x', metadata: { at: { [text]: 1 } } },
          }),
        read: async ({ data }) => Object.keys((await other.get(`/messages/${data.id}`, 200)).metadata.at)[0],
      },
      {
        name: 'the reason of an edit',
        field: 'edit_reason',
        kept: asIs,
        send: async (text) => {
          const body = { content: `${edits++}`, edit_reason: text };
          return owner.request('PUT', `/messages/${message.id}`, { body });
        },
        read: async () => (await other.get(`/messages/${message.id}/history?limit=1`, 200)).revisions[0].edit_reason,
      },
      {
        name: 'the reason of a ban',
        field: 'reason',
        kept: asIs,
        send: (text) => owner.request('PUT', `/rooms/${room.id}/bans/${third.id}`, { body: { reason: text } }),
        read: async () => (await owner.get(`/rooms/${room.id}/bans`, 200)).bans[0].reason,
      },
      setting('name', cleaned),
      setting('description', asIs),
      setting('topic', asIs),
      profile('display_name', cleaned),
      profile('status_message', asIs),
    ];

    for (const { name, field, send, read, kept, fits } of fields) {
      it(`${name} is kept exactly, or refused`, async () => {
        await property(texts, async (text) => {
          const reply = await send(text);
          if (reply.status >= 300) {
            assert.equal(reply.status, 400, reply.text);
            const named: string = reply.error.details.field;
            assert.ok(named === field || named.startsWith(`${field}.`), reply.text);
            assert.ok(!fits?.(text), `nothing is wrong with it: ${reply.text}`);
            return;
          }
          assert.ok((fits ?? isText)(text), 'it is nothing to be taken');
          assert.equal(await read(reply), kept(text));
        });
      });
    }

    it('whatever is searched for, there is an answer', async () => {
      await property(texts, async (text) => {
        const query = encodeURIComponent(text.toWellFormed());
        for (const path of [`/rooms?search=${query}`, `/users/search?q=${query}`]) {
          const { status, error } = await owner.request('GET', path);
          assert.ok(status === 200 || (status === 400 && /^(search|q)$/.test(error.details.field)), path);
        }
        const { status } = await app.admin.request('GET', `/admin/users?search=${query}`);
        assert.ok(status === 200 || status === 400);
      });
    });

    it('whoever signs in as anything is refused', async () => {
      await property(texts, 40, async (text) => {
        const body = { username: text, password: 'no password of anybody' };
        const { status } = await app.stranger.request('POST', '/auth/login', { body });
        assert.ok(status === 400 || status === 401 || status === 429, `${status}`);
      });
    });

    it('headers may say anything', async () => {
      await property(texts, async (text) => {
        const value = Buffer.from(text.replace(/[\r\n\0]/g, ''))
          .toString('latin1')
          .replace(/[^\t\x20-\x7e\x80-\xff]/g, '')
          .trim();
        for (const name of [
          'x-audit-log-reason',
          'idempotency-key',
          'prefer',
          'accept-language',
          'if-none-match',
          'user-agent',
        ]) {
          const path = `/rooms/${room.id}/read`;
          const { status, error } = await owner.request('POST', path, { body: {}, headers: { [name]: value } });
          assert.ok(
            status === 200 || (status === 400 && error.details.field.toLowerCase() === name),
            `${name}: ${value}`,
          );
        }
      });
    });
  });
}

type Check = (text: string) => Promise<void>;

/** Always the same texts, so that what fails once fails again. */
function property(arbitrary: fc.Arbitrary<string>, ...[runs, check]: [number, Check] | [Check]): Promise<void> {
  const [numRuns, body] = typeof runs === 'number' ? [runs, check as Check] : [60, runs];
  return fc.assert(fc.asyncProperty(arbitrary, body), { seed: 20_240_115, numRuns, endOnFailure: true });
}
