import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { ownCtx } from '../src/context.ts';
import { differences } from '../src/modules/admin/consistency.ts';
import { foldStatistics } from '../src/modules/statistics/fold.ts';
import { engines } from './engines.ts';
import { createTestApp } from './harness/app.ts';
import { movableClock } from './harness/auth.ts';
import type { Person } from './harness/people.ts';
import { startReceiver, toThisMachine } from './webhooks/receiver.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const CONVERSATION = 2;

interface Message {
  readonly id: number;
  readonly author: string;
  readonly place: number;
  readonly at: number;
  readonly files: number[];
  readonly reactions: { readonly name: string; readonly emoji: string; readonly at: number }[];
}

/** All that there is, told as simply as can be. */
interface Told {
  messages: Message[];
  readonly joins: { readonly place: number; readonly at: number }[];
  readonly files: Map<number, { readonly owner: string; readonly size: number }>;
  readonly hooks: { readonly id: number; readonly owner: string; active: boolean }[];
  readonly all: { users: number; conversations: number; rooms: number };
}

const nat = (max: number) => fc.nat({ max });
const names = ['send', 'edit', 'delete', 'react', 'unreact', 'rejoin', 'upload', 'attach', 'unfile'] as const;
const rare = ['hook', 'unhook', 'switch', 'meet', 'room', 'fold'] as const;
type Name = (typeof names)[number] | (typeof rare)[number] | 'wait' | 'look';
const step = fc.record({
  act: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom('send', 'react', ...names) },
    { weight: 2, arbitrary: fc.constantFrom(...rare) },
    { weight: 1, arbitrary: fc.constantFrom('wait', 'look') },
  ),
  who: nat(2),
  place: nat(2),
  which: nat(1_000),
  many: fc.integer({ min: 1, max: 6 }),
}) as fc.Arbitrary<{ act: Name; who: number; place: number; which: number; many: number }>;
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

for (const engine of engines) {
  describe(`hours of random use (${engine})`, async () => {
    const clock = movableClock();
    const long = { ACCESS_TOKEN_SECONDS: '86400', REFRESH_IDLE_DAYS: '365', REFRESH_ABSOLUTE_DAYS: '3650' };
    const app = await createTestApp(engine, { ...long, ...toThisMachine }, { now: clock.now });
    const receiver = await startReceiver();
    after(app.close);
    after(receiver.close);
    let admin = app.admin;
    const people: Record<string, Person> = {};
    const places: { readonly id: number; readonly path: string }[] = [];
    const start = { users: 0, conversations: 0, rooms: 0 };
    const told: Told = { messages: [], joins: [], files: new Map(), hooks: [], all: start };
    const who = (name: string) => (name === 'admin' ? admin : people[name]) as Person;
    const nameOf = ({ who, place }: Step) =>
      place === CONVERSATION ? ['alice', 'bob'][who % 2] : ['alice', 'bob', 'carol'][who];
    const chosen = <T>(list: readonly T[], { which }: Step) => list[which % (list.length || 1)];

    before(async () => {
      for (const name of ['alice', 'bob', 'carol']) people[name] = await app.register(name);
      for (const name of ['one', 'two']) {
        const { id } = await who('alice').post('/rooms', { name }, 201);
        places.push({ id, path: `/rooms/${id}` });
        for (const other of ['bob', 'carol']) await join(other, places.length - 1);
      }
      const { id } = await who('alice').post('/conversations', { user_id: who('bob').id }, 201);
      places.push({ id, path: `/conversations/${id}` });
      const { users, rooms, conversations } = await admin.get('/admin/stats', 200);
      Object.assign(told.all, { users: users.total, rooms: rooms.total, conversations: conversations.total });
    });

    async function join(name: string, place: number) {
      await who(name).post(`${places[place]?.path}/join`, {}, 201);
      told.joins.push({ place, at: clock.now() });
    }

    async function send(name: string, place: number, files: number[] = []) {
      const body = { content: `words ${Math.random()}`, file_ids: files };
      const { id, created_at } = await who(name).post(`${places[place]?.path}/messages`, body, 201);
      told.messages.push({ id, author: name, place, at: Date.parse(created_at), files, reactions: [] });
    }

    async function upload(name: string, fields: Record<string, number>): Promise<number> {
      const content = 'x'.repeat(Math.ceil(Math.random() * 3_000));
      const { file_id, size } = await who(name).upload({ name: 'a.txt', content, fields }, 201);
      told.files.set(file_id, { owner: name, size });
      return file_id;
    }

    /** Somebody new, who talks with alice. */
    async function meet() {
      const { id } = await app.register(`guest_${told.all.users}`);
      await who('alice').post('/conversations', { user_id: id }, 201);
      told.all.users++;
      told.all.conversations++;
    }

    /** A room that is deleted again, or stays empty. */
    async function room({ which, many }: Step) {
      const { id } = await who('alice').post('/rooms', { name: 'passing', is_public: which % 3 > 0 }, 201);
      if (which % 2 === 0) {
        told.all.rooms++;
        return;
      }
      for (let n = 0; n < many; n++) {
        const sent = await who('alice').post(`/rooms/${id}/messages`, { content: `${n}` }, 201);
        await who('alice').post(`/messages/${sent.id}/reactions`, { emoji: '👍' }, 201);
      }
      await who('alice').delete(`/rooms/${id}`, 204);
    }

    async function react(one: Step, message: Message | undefined) {
      if (!message) return;
      const name = nameOf({ ...one, place: message.place }) as string;
      const emoji = ['👍', '🎉'][one.many % 2] as string;
      const isThere = message.reactions.some((given) => given.name === name && given.emoji === emoji);
      await who(name).post(`/messages/${message.id}/reactions`, { emoji }, isThere ? 200 : 201);
      if (!isThere) message.reactions.push({ name, emoji, at: clock.now() });
    }

    async function unreact(message: Message | undefined) {
      const given = message?.reactions.pop();
      if (!message || !given) return;
      await who(given.name).delete(`/messages/${message.id}/reactions/${encodeURIComponent(given.emoji)}`, 204);
    }

    async function remove(message: Message | undefined) {
      if (!message) return;
      await who(message.author).delete(`/messages/${message.id}`, 204);
      told.messages = told.messages.filter((one) => one !== message);
      for (const file of message.files) told.files.delete(file);
    }

    async function unfile(one: Step) {
      const [id, file] = chosen([...told.files], one) ?? [];
      if (id === undefined || !file) return;
      await who(file.owner).delete(`/files/${id}`, 204);
      told.files.delete(id);
    }

    async function hook({ which, place }: Step) {
      const owner = which % 2 ? 'admin' : 'alice';
      const room_id = owner === 'admin' ? null : (places[place % 2]?.id ?? null);
      const body = { url: receiver.url, events: ['*'], room_id };
      const { id } = await who(owner).post('/webhooks', body, 201);
      told.hooks.push({ id, owner, active: true });
    }

    async function unhook(one: Step) {
      const hook = chosen(told.hooks, one);
      if (!hook) return;
      await who(hook.owner).delete(`/webhooks/${hook.id}`, 204);
      told.hooks.splice(told.hooks.indexOf(hook), 1);
    }

    async function flip(one: Step) {
      const hook = chosen(told.hooks, one);
      if (!hook) return;
      hook.active = !hook.active;
      await who(hook.owner).patch(`/webhooks/${hook.id}`, { active: hook.active }, 200);
    }

    let loggedIn = clock.now();
    async function wait({ which }: Step) {
      clock.advance(1 + (which / 1_000) * 20 * HOUR);
      if (clock.now() - loggedIn < DAY) return;
      for (const name of Object.keys(people)) people[name] = await app.login(name);
      admin = await app.login('admin');
      loggedIn = clock.now();
    }

    const acts: Record<Name, (one: Step, message: Message | undefined) => Promise<unknown>> = {
      // Somebody reads while it is written: what is kept of that has to be as of one moment.
      send: async (one) => {
        const sends = Array.from({ length: one.many }, () => send(nameOf(one) as string, one.place));
        await Promise.all([...sends, who('carol').get(`${places[one.place % 2]?.path}/stats`, 200)]);
      },
      edit: async (_, message) =>
        message && who(message.author).put(`/messages/${message.id}`, { content: `${Math.random()}` }, 200),
      delete: (_, message) => remove(message),
      react,
      unreact: (_, message) => unreact(message),
      rejoin: async ({ who: one, place }) => {
        const name = one % 2 ? 'bob' : 'carol';
        await who(name).post(`${places[place % 2]?.path}/leave`, {}, 204);
        await join(name, place % 2);
      },
      upload: (one) => {
        const id = places[one.place]?.id as number;
        const where: Record<string, number>[] = [
          {},
          one.place === CONVERSATION ? { conversation_id: id } : { room_id: id },
        ];
        return upload(nameOf(one) as string, where[one.which % 2] ?? {});
      },
      attach: async (one) => {
        const name = nameOf(one) as string;
        await send(name, one.place, [await upload(name, {})]);
      },
      unfile,
      hook,
      unhook,
      switch: flip,
      meet,
      room,
      fold: () => foldStatistics(ownCtx(app.deps, 'test')),
      wait,
      look: compare,
    };

    async function compareRoom(place: number, period: string, since: number) {
      const { id } = places[place] as { id: number };
      const is = await who('carol').get(`/rooms/${id}/stats?period=${period}`, 200);
      const messages = told.messages.filter((message) => message.place === place);
      const counted = messages.filter(({ at }) => at >= since);
      const by = Map.groupBy(counted, ({ author }) => author);
      assert.equal(is.message_count, counted.length);
      assert.equal(is.active_users, by.size);
      const reactions = messages.flatMap((message) => message.reactions).filter(({ at }) => at >= since);
      assert.equal(is.reactions_count, reactions.length);
      assert.equal(is.new_members, told.joins.filter((join) => join.place === place && join.at >= since).length);
      const top = is.top_contributors.map((one: { username: string; message_count: number }) => [
        one.username,
        one.message_count,
      ]);
      assert.deepEqual(new Map(top), new Map([...by].map(([name, { length }]) => [name, length])));
    }

    async function compare() {
      const today = Math.floor(clock.now() / DAY) * DAY;
      const day = Math.floor(clock.now() / HOUR) * HOUR - 23 * HOUR;
      for (const place of [0, 1]) {
        await compareRoom(place, '24h', day);
        await compareRoom(place, '7d', today - 6 * DAY);
        await compareRoom(place, '90d', today - 89 * DAY);
      }
      const is = await admin.get('/admin/stats', 200);
      const { users, conversations, rooms, files, messages, reactions } = is;
      assert.deepEqual({ users: users.total, conversations: conversations.total, rooms: rooms.total }, told.all);
      assert.deepEqual(files, {
        count: told.files.size,
        bytes: [...told.files.values()].reduce((sum, { size }) => sum + size, 0),
      });
      const { total, active } = is.webhooks;
      assert.deepEqual([total, active], [told.hooks.length, told.hooks.filter((hook) => hook.active).length]);
      assert.equal(messages.total, told.messages.length);
      assert.equal(messages.last_24h, told.messages.filter(({ at }) => at >= day).length);
      assert.equal(reactions.total, told.messages.flatMap((message) => message.reactions).length);
      assert.deepEqual(await app.deps.db.snapshot(differences), []);
    }

    it('leave statistics and counters that equal a recount', async () => {
      const steps = fc.array(step, { minLength: 20, maxLength: 40 });
      const property = fc.asyncProperty(steps, async (taken) => {
        for (const one of taken) await acts[one.act](one, chosen(told.messages, one));
        await compare();
      });
      await fc.assert(property, { numRuns: engine === 'sqlite' ? 8 : 4, endOnFailure: true });
    });
  });
}
