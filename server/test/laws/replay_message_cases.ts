import type { Person } from '../harness/people.ts';
import type { Case } from './replay_cases.ts';
import type { World } from './replay_world.ts';

async function send(world: World, who: Person, name: string, body: object): Promise<void> {
  const room_id = world.made.kitchen as number;
  const sent = await world.call(who, 'POST /rooms/{room_id}/messages', { room_id }, body, 201);
  world.made[name] = sent.id;
}

async function sendDirect({ call, made }: World, who: Person, name: string, body: object): Promise<void> {
  const conversation_id = made.talk as number;
  const path = 'POST /conversations/{conversation_id}/messages';
  made[name] = (await call(who, path, { conversation_id }, body, 201)).id;
}

const onMessage = ({ made }: World, name: string) => ({ message_id: made[name] as number });
const edit = (world: World, who: Person, name: string, content: string) =>
  world.call(who, 'PUT /messages/{message_id}', onMessage(world, name), { content }, 200);
const remove = (world: World, who: Person, name: string) =>
  world.call(who, 'DELETE /messages/{message_id}', onMessage(world, name), undefined, 204);
const pin = (world: World, who: Person, name: string, pinned: boolean) =>
  world.call(who, 'POST /messages/{message_id}/pin', onMessage(world, name), { pinned }, 200);
const react = (world: World, who: Person, name: string, emoji: string) =>
  world.call(who, 'POST /messages/{message_id}/reactions', onMessage(world, name), { emoji }, 201);
const unreact = (world: World, who: Person, name: string, emoji: string) =>
  world.call(
    who,
    'DELETE /messages/{message_id}/reactions/{emoji}',
    { ...onMessage(world, name), emoji },
    undefined,
    204,
  );
const read = ({ call, made }: World, who: Person, body: object) =>
  call(who, 'POST /rooms/{room_id}/read', { room_id: made.kitchen as number }, body, 200);

export const messageCases: readonly Case[] = [
  [
    'a room is made',
    async ({ call, alice, made }) => {
      made.kitchen = (await call(alice, 'POST /rooms', {}, { name: 'Kitchen', is_public: false }, 201)).id;
    },
  ],
  ['a message nobody else hears', (world) => send(world, world.alice, 'first', { content: 'hello?' })],
  [
    'somebody is added',
    async ({ call, alice, bob, carol, made }) => {
      for (const { id } of [bob, carol])
        await call(alice, 'POST /rooms/{room_id}/members', { room_id: made.kitchen as number }, { user_id: id }, 201);
    },
  ],
  ['a message', (world) => send(world, world.carol, 'root', { content: 'tea?', metadata: { kind: 'question' } })],
  ['a message that mentions', (world) => send(world, world.alice, 'mention', { content: 'and @bob?' })],
  ['a reply', (world) => send(world, world.bob, 'reply', { content: 'yes', parent_message_id: world.made.root })],
  [
    'a reply to it, read at once',
    async (world) => {
      await send(world, world.alice, 'second', { content: 'with milk?', parent_message_id: world.made.reply });
      await read(world, world.bob, {});
    },
  ],
  ['an edit', (world) => edit(world, world.carol, 'root', 'coffee?')],
  ['an edit that mentions', (world) => edit(world, world.alice, 'second', 'with milk, @bob?')],
  [
    'an edit of what is unread, that mentions',
    async (world) => {
      await send(world, world.carol, 'third', { content: 'sugar?' });
      await edit(world, world.carol, 'third', 'sugar, @bob?');
      await edit(world, world.carol, 'third', 'sugar, @alice?');
    },
  ],
  ['a reaction', (world) => react(world, world.bob, 'root', '👍')],
  [
    'more reactions, one’s own among them',
    async (world) => {
      await react(world, world.alice, 'root', '👍');
      await react(world, world.alice, 'root', '🎉');
      await react(world, world.carol, 'root', '🎉');
    },
  ],
  ['a reaction is taken back', (world) => unreact(world, world.bob, 'root', '👍')],
  [
    'the last one of an emoji is taken back',
    async (world) => {
      await unreact(world, world.alice, 'root', '👍');
      await react(world, world.bob, 'mention', '🎈');
      await unreact(world, world.bob, 'mention', '🎈');
    },
  ],
  ['a pin', (world) => pin(world, world.alice, 'root', true)],
  [
    'a pin, a reaction, and the pin is taken away',
    async (world) => {
      await pin(world, world.alice, 'mention', true);
      await react(world, world.bob, 'mention', '🎉');
      await pin(world, world.alice, 'mention', false);
    },
  ],
  [
    'replies, and reactions between them',
    async (world) => {
      await send(world, world.alice, 'fourth', { content: 'one more', parent_message_id: world.made.mention });
      await react(world, world.alice, 'mention', '👀');
      await send(world, world.alice, 'fifth', { content: 'and more', parent_message_id: world.made.mention });
    },
  ],
  ['a reply is deleted', (world) => remove(world, world.alice, 'second')],
  ['a root with a reply is deleted', (world) => remove(world, world.carol, 'root')],
  ['the last reply to it is deleted', (world) => remove(world, world.bob, 'reply')],
  ['what is unread is deleted', (world) => remove(world, world.carol, 'third')],
  ['a read mark moves', (world) => read(world, world.alice, {})],
  [
    'a read mark moves back, and messages come',
    async (world) => {
      await read(world, world.bob, { message_id: world.made.mention, unread: true });
      await send(world, world.carol, 'sixth', { content: 'hello @bob' });
      await read(world, world.bob, { message_id: world.made.mention, unread: false });
      await remove(world, world.carol, 'sixth');
    },
  ],
  [
    'one types',
    async ({ call, alice, made }) =>
      call(alice, 'POST /rooms/{room_id}/typing', { room_id: made.kitchen as number }, {}, 200),
  ],
  [
    'a conversation is opened',
    async ({ call, alice, bob, made }) => {
      made.talk = (await call(alice, 'POST /conversations', {}, { user_id: bob.id }, 201)).id;
    },
  ],
  ['a direct message', (world) => sendDirect(world, world.alice, 'direct', { content: 'psst, @bob' })],
  [
    'a direct message is answered, edited, pinned and reacted to',
    async (world) => {
      await sendDirect(world, world.bob, 'answer', { content: 'what?', parent_message_id: world.made.direct });
      await edit(world, world.bob, 'answer', 'what is it?');
      await pin(world, world.bob, 'direct', true);
      await react(world, world.alice, 'answer', '🤫');
    },
  ],
  [
    'a direct message is read, and another one deleted',
    async (world) => {
      const { call, alice, bob, made } = world;
      const conversation_id = made.talk as number;
      await call(alice, 'POST /conversations/{conversation_id}/read', { conversation_id }, {}, 200);
      await call(alice, 'POST /conversations/{conversation_id}/typing', { conversation_id }, {}, 200);
      await remove(world, bob, 'answer');
    },
  ],
  [
    'a block',
    async ({ call, bob, made }) => {
      const path = 'POST /conversations/{conversation_id}/block';
      return call(bob, path, { conversation_id: made.talk as number }, { blocked: true }, 200);
    },
  ],
  [
    'a block is lifted',
    async ({ call, bob, made }) => {
      const path = 'POST /conversations/{conversation_id}/block';
      return call(bob, path, { conversation_id: made.talk as number }, { blocked: false }, 200);
    },
  ],
  [
    'a file in a room, and one of one’s own',
    async ({ upload, alice, made }) => {
      made.file = await upload(alice, { room_id: made.kitchen as number });
      made.own = await upload(alice, {});
      made.other = await upload(alice, {});
      made.third = await upload(alice, {});
    },
  ],
  [
    'a message with files',
    (world) => send(world, world.alice, 'filed', { file_ids: [world.made.own, world.made.file] }),
  ],
  [
    'an address of a file',
    ({ call, alice, made }) => call(alice, 'POST /files/{file_id}/link', { file_id: made.file as number }, {}, 200),
  ],
  [
    'a file of a message is deleted, and one of nobody’s business',
    async ({ call, alice, made }) => {
      for (const file_id of [made.own, made.other] as number[])
        await call(alice, 'DELETE /files/{file_id}', { file_id }, undefined, 204);
    },
  ],
  ['a message with a file is deleted', (world) => remove(world, world.alice, 'filed')],
];
