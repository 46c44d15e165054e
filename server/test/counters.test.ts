import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import fc from 'fast-check';
import { differences } from '../src/modules/admin/consistency.ts';
import { engines } from './engines.ts';
import { createTestApp } from './harness/app.ts';
import type { Person } from './harness/people.ts';

/** What a room is, told as simply as can be: a list of messages and how far each has read. */
interface Told {
  readonly messages: Message[];
  readonly marks: Map<Person, number>;
}

interface Message {
  readonly id: number;
  readonly author: Person;
  readonly root: Message | undefined;
  mentioned: Person | undefined;
  isDeleted: boolean;
  isPinned: boolean;
}

type Step =
  | { readonly do: 'send'; readonly who: number; readonly to: number | null; readonly mention: number | null }
  | { readonly do: 'burst'; readonly sends: readonly { readonly who: number; readonly mention: number | null }[] }
  | { readonly do: 'edit'; readonly which: number; readonly mention: number | null }
  | { readonly do: 'delete'; readonly which: number }
  | { readonly do: 'pin'; readonly which: number; readonly pinned: boolean }
  | { readonly do: 'read'; readonly who: number; readonly which: number | null; readonly back: boolean }
  | { readonly do: 'leave' | 'join'; readonly who: number };

const who = fc.nat({ max: 2 });
const which = fc.nat({ max: 30 });
const mention = fc.option(who, { freq: 1 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('send'), who, to: fc.option(which, { freq: 1 }), mention }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('burst'),
      sends: fc.array(fc.record({ who, mention }), { minLength: 2, maxLength: 5 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('edit'), which, mention }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('delete'), which }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('pin'), which, pinned: fc.boolean() }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('read'), who, which: fc.option(which, { freq: 4 }), back: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('leave', 'join'), who }) },
) as fc.Arbitrary<Step>;

function unreadOf(told: Told, person: Person) {
  const mark = told.marks.get(person) ?? 0;
  const above = told.messages.slice(mark).filter((message) => !message.isDeleted && message.author !== person);
  return {
    unread_count: above.length,
    mention_count: above.filter(({ mentioned }) => mentioned === person).length,
  };
}

for (const engine of engines) {
  describe(`counters (${engine})`, async () => {
    const app = await createTestApp(engine);
    after(app.close);
    const people: Person[] = [];
    for (const name of ['alice', 'bob', 'carol']) people.push(await app.register(name));
    const [owner] = people as [Person];

    const text = (mention: number | null) =>
      `words ${Math.random()}${mention === null ? '' : ` for @${people[mention]?.username}`}`;
    const picked = (told: Told, index: number) => told.messages[index % told.messages.length];

    async function send(
      told: Told,
      path: string,
      sends: { who: number; to?: number | null; mention: number | null }[],
    ) {
      const members = sends.filter((one) => told.marks.has(people[one.who] as Person));
      const sent = await Promise.all(
        members.map(async ({ who, to = null, mention }) => {
          const author = people[who] as Person;
          const target = to === null ? undefined : picked(told, to);
          const parent = target?.isDeleted ? undefined : target;
          const body = { content: text(mention), parent_message_id: parent?.id ?? null };
          const { id, seq } = await author.post(`${path}/messages`, body, 201);
          const message: Message = {
            id,
            author,
            root: parent?.root ?? parent,
            mentioned: mention === null ? undefined : people[mention],
            isDeleted: false,
            isPinned: false,
          };
          return { seq: seq as number, message };
        }),
      );
      for (const { seq, message } of sent.sort((a, b) => a.seq - b.seq)) {
        assert.equal(seq, told.messages.length + 1);
        told.messages.push(message);
        told.marks.set(message.author, seq);
      }
    }

    async function read(told: Told, path: string, person: Person, which: number | null, back: boolean) {
      const place = which === null ? told.messages.length : which % told.messages.length;
      const target = told.messages[place];
      const body = target ? { message_id: target.id, unread: back } : {};
      const wanted = !target ? told.messages.length : back ? place : place + 1;
      if (back && target) told.marks.set(person, wanted);
      else told.marks.set(person, Math.max(wanted, told.marks.get(person) ?? 0));
      const mark = told.marks.get(person) as number;
      assert.deepEqual(await person.post(`${path}/read`, body, 200), {
        ...unreadOf(told, person),
        last_read_message_id: told.messages[mark - 1]?.id ?? null,
      });
    }

    async function take(told: Told, path: string, one: Step) {
      if (one.do === 'send') return send(told, path, [one]);
      if (one.do === 'burst') return send(told, path, [...one.sends]);
      if ('which' in one && one.do !== 'read') {
        const message = picked(told, one.which);
        if (!message || message.isDeleted) return;
        if (one.do === 'pin') {
          await owner.post(`/messages/${message.id}/pin`, { pinned: one.pinned }, 200);
          message.isPinned = one.pinned;
        } else if (one.do === 'delete') {
          await message.author.delete(`/messages/${message.id}`, 204);
          message.isDeleted = true;
        } else if (told.marks.has(message.author)) {
          await message.author.put(`/messages/${message.id}`, { content: text(one.mention) }, 200);
          message.mentioned = one.mention === null ? undefined : people[one.mention];
        }
        return;
      }
      const person = people[one.who] as Person;
      if (one.do === 'join') {
        await person.post(`${path}/join`, {}, told.marks.has(person) ? 200 : 201);
        if (!told.marks.has(person)) told.marks.set(person, told.messages.length);
      } else if (one.do === 'leave') {
        if (person === owner) return;
        await person.post(`${path}/leave`, {}, told.marks.has(person) ? 204 : 200);
        told.marks.delete(person);
      } else if (one.do === 'read' && told.marks.has(person)) await read(told, path, person, one.which, one.back);
    }

    async function compare(told: Told, path: string) {
      for (const person of told.marks.keys()) {
        const { unread_count, mention_count } = await person.get(path, 200);
        assert.deepEqual({ unread_count, mention_count }, unreadOf(told, person), person.username);
      }
      const living = told.messages.filter(({ isDeleted }) => !isDeleted);
      const roots = living.filter(({ root }) => root === undefined);
      const totals: [string, number][] = [
        ['include_threads=true', living.length],
        ['include_threads=false', roots.length],
        ['include_threads=true&pinned_only=true', living.filter(({ isPinned }) => isPinned).length],
        ['pinned_only=true', roots.filter(({ isPinned }) => isPinned).length],
      ];
      for (const [query, total] of totals) {
        const page = await owner.get(`${path}/messages?limit=100&${query}`, 200);
        assert.equal(page.total_count, total, query);
        const shown = page.messages.filter((message: { is_deleted: boolean }) => !message.is_deleted);
        assert.equal(shown.length, total, query);
        for (const { id, thread_count } of page.messages)
          assert.equal(thread_count, living.filter(({ root }) => root?.id === id).length, `thread of ${id}`);
      }
      assert.deepEqual(await differences(app.deps.db.reader), []);
    }

    it('are what counting by hand gives, whatever people do', async () => {
      const property = fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
        const { id } = await owner.post('/rooms', { name: 'counted' }, 201);
        const path = `/rooms/${id}`;
        const told: Told = { messages: [], marks: new Map([[owner, 0]]) };
        for (const who of [1, 2]) await take(told, path, { do: 'join', who });
        for (const one of steps) await take(told, path, one);
        await compare(told, path);
      });
      await fc.assert(property, { numRuns: engine === 'sqlite' ? 40 : 15 });
    });
  });
}
