import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { engines } from '../engines.ts';
import { createTestApp, type TestApp } from '../harness/app.ts';
import type { Person } from '../harness/people.ts';
import { fill } from './fill.ts';
import { listen } from './socket.ts';
import { openStream } from './stream.ts';

const MESSAGES = 20_000;
const AT_ONCE = 1_000;
/** Longer than one request looks through the log. */
const HOGGED_MS = 120;

/** Turns of the event loop that others have while something is done, each of which `use` may spend. */
async function turnsDuring(work: () => Promise<unknown>, use: () => void = () => undefined): Promise<number> {
  let turns = 0;
  let isOver = false;
  const turn = () => {
    turns++;
    use();
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  await work().finally(() => {
    isOver = true;
  });
  return turns;
}

function hog(): void {
  for (const until = performance.now() + HOGGED_MS; performance.now() < until; );
}

for (const engine of engines)
  describe(`little of a long log (${engine})`, () => {
    let app: TestApp;
    let url: string;
    let room: number;
    let readers: Person[];
    before(async () => {
      app = await createTestApp(engine);
      url = await listen(app);
      readers = [await app.register('member'), await app.register('visitor'), await app.registerAs('guest', 'guest')];
      room = (await app.admin.post('/rooms', { name: 'busy' }, 201)).id;
      await readers[0]?.post(`/rooms/${room}/join`, {}, 201);
      for (let count = 0; count < MESSAGES; count += AT_ONCE) await fill(app, { room, count: AT_ONCE, content: 'x' });
      await app.admin.put(`/rooms/${room}`, { topic: 'at last' }, 200);
    });
    after(() => app.close());

    test('is found without keeping others waiting, whoever asks for however few', async () => {
      for (const reader of readers)
        for (const types of ['types=room_deleted', 'types=direct_message_sent', 'types=user_left,read_updated']) {
          const toTheEnd = async () => {
            let page = { next_cursor: '0', has_more: true };
            while (page.has_more)
              page = await reader.get(`/events?after=${page.next_cursor}&${types}&room_id=${room}&limit=1`, 200);
          };
          // Others have a turn after each five thousand events.
          assert.ok((await turnsDuring(toTheEnd)) >= MESSAGES / 5_000, types);
        }
    });

    test('a request that has looked for long says where to go on, and so the end is reached', async () => {
      const [, reader] = readers as [Person, Person];
      const pages: { events: { type: string }[]; next_cursor: string; has_more: boolean }[] = [];
      const found = () => pages.flatMap(({ events }) => events).some(({ type }) => type === 'room_updated');
      let after = '0';
      await turnsDuring(async () => {
        do {
          const page = await reader.get(
            `/events?after=${after}&types=room_updated&room_id=${room}&limit=1&wait=1`,
            200,
          );
          assert.ok(Number(page.next_cursor) > Number(after));
          after = page.next_cursor;
          pages.push(page);
        } while (!found());
      }, hog);
      assert.deepEqual([pages[0]?.events, pages[0]?.has_more], [[], true]);
      assert.equal(pages.at(-1)?.has_more, false);
      assert.deepEqual((await reader.get(`/events?after=${after}&room_id=${room}`, 200)).events, []);
    });

    test('a stream of it keeps nobody waiting either', async () => {
      for (const reader of readers) {
        const stream = await openStream(url, reader, `?after=0&types=room_updated&room_id=${room}`);
        assert.ok((await turnsDuring(() => stream.next(() => true))) > 0);
        assert.deepEqual(
          stream.events.map(({ event, data }) => [event, data.data.topic]),
          [['room_updated', 'at last']],
        );
        await stream.close();
      }
    });

    test('messages of conversations and of rooms are told apart', async () => {
      const [member] = readers as [Person];
      const { next_cursor } = await member.get('/events', 200);
      const { id } = await app.admin.post('/conversations', { user_id: member.id }, 201);
      await app.admin.post(`/conversations/${id}/messages`, { content: 'there' }, 201);
      await app.admin.post(`/rooms/${room}/messages`, { content: 'here' }, 201);
      const saidOf = async (types: string): Promise<string[]> => {
        const { events } = await member.get(`/events?after=${next_cursor}&types=${types}`, 200);
        return events.map(({ data }: { data: { content: string } }) => data.content);
      };
      assert.deepEqual(await saidOf('direct_message_sent'), ['there']);
      assert.deepEqual(await saidOf('message_sent'), ['here']);
      assert.deepEqual(await saidOf('message_sent,direct_message_sent'), ['there', 'here']);
      assert.deepEqual((await member.get(`/events?after=${next_cursor}&types=dm_created`, 200)).events.length, 1);
    });
  });
