import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { commands } from '../../src/realtime/commands.ts';
import { engines } from '../engines.ts';
import { createTestApp } from '../harness/app.ts';
import type { Person } from '../harness/people.ts';
import { type Client, connect, listen, open } from '../realtime/socket.ts';
import { type Cell, cells, nameOf } from './permissions_cells.ts';
import { inParts, prepareCells, type Ready } from './permissions_ready.ts';

type Say = (ids: Record<string, number | string>, me: number) => readonly [type: string, data: object];
const THUMB = '👍';

/** Which commands a row of the table speaks of: the same thing asked for over a socket. */
const saidAs: Readonly<Record<string, readonly Say[]>> = {
  'GET /rooms/{room_id}': [({ room_id }) => ['leave_room', { room_id }]],
  'POST /rooms/{room_id}/join': [({ room_id }) => ['join_room', { room_id }]],
  'POST /rooms/{room_id}/leave': [({ room_id }) => ['leave_room', { room_id, leave: true }]],
  'POST /rooms/{room_id}/read': [({ room_id }) => ['mark_read', { room_id }]],
  'POST /rooms/{room_id}/typing': [
    ({ room_id }) => ['typing_start', { room_id }],
    ({ room_id }) => ['typing_stop', { room_id }],
  ],
  'GET /rooms/{room_id}/audit': [({ room_id }) => ['get_audit_logs', { room_id }]],
  'GET /rooms/{room_id}/stats': [({ room_id }) => ['get_room_stats', { room_id }]],
  'GET /rooms/{room_id}/messages': [({ room_id }) => ['get_history', { room_id }]],
  'POST /rooms/{room_id}/messages': [({ room_id }) => ['send_message', { room_id, content: 'hello' }]],
  'PUT /messages/{message_id}': [({ message_id }) => ['edit_message', { message_id, content: 'other words' }]],
  'DELETE /messages/{message_id}': [({ message_id }) => ['delete_message', { message_id }]],
  'POST /messages/{message_id}/pin': [
    ({ message_id }) => ['pin_message', { message_id }],
    ({ message_id, room_id }) => ['pin_message', { message_id, ...(room_id ? { room_id } : {}), pin: false }],
    ({ message_id }) => ['unpin_message', { message_id }],
  ],
  'GET /messages/{message_id}/reactions': [({ message_id }) => ['get_reactions', { message_id }]],
  'POST /messages/{message_id}/reactions': [({ message_id }) => ['add_reaction', { message_id, emoji: THUMB }]],
  'DELETE /messages/{message_id}/reactions/{emoji}': [
    ({ message_id }) => ['remove_reaction', { message_id, emoji: THUMB }],
  ],
  'GET /conversations/{conversation_id}/messages': [({ conversation_id }) => ['get_history', { conversation_id }]],
  'POST /conversations/{conversation_id}/messages': [
    ({ conversation_id }) => ['send_dm', { conversation_id, content: 'hello' }],
  ],
  'POST /conversations/{conversation_id}/read': [({ conversation_id }) => ['mark_read', { conversation_id }]],
  'POST /conversations/{conversation_id}/typing': [
    ({ conversation_id }) => ['typing_start', { conversation_id }],
    ({ conversation_id }) => ['typing_stop', { conversation_id }],
  ],
  'POST /conversations/{conversation_id}/block': [({ conversation_id }) => ['block_dm', { conversation_id }]],
  'GET /conversations': [() => ['list_dms', {}]],
  'POST /conversations': [
    ({ user_id }, me) => ['create_dm', { user1_id: me || 1, user2_id: user_id }],
    ({ user_id }, me) => ['create_dm', { user1_id: user_id, user2_id: me || 1 }],
  ],
  'PUT /users/me': [() => ['update_status', { status: 'away', message: null }]],
};

const routeOf = ({ row }: Cell) => `${row.method} ${row.path}`;
// Over a socket nobody can ask for a role.
const isSaid = (cell: Cell) => saidAs[routeOf(cell)] !== undefined && cell.row.what !== 'a role';
const said = {
  rooms: cells.rooms.filter(isSaid),
  conversations: cells.conversations.filter(isSaid),
  accounts: cells.accounts.filter(isSaid),
};
const everyCell = [...said.rooms, ...said.conversations, ...said.accounts];

/** A guest may look into a public room; sockets have a word of their own for a block. */
function expectedOf(cell: Cell): string {
  if (cell.actor === 'GU' && routeOf(cell).endsWith('/join')) return 'done';
  return cell.expected < '4' ? 'done' : cell.expected.slice(4).replace('USER_BLOCKED', 'CONVERSATION_BLOCKED');
}

describe('the permission table over sockets', () => {
  it('speaks of every command', () => {
    const spoken = new Set(
      Object.values(saidAs).flatMap((says) => says.map((say) => say({ room_id: 1, user_id: 1 }, 1)[0])),
    );
    assert.deepEqual(
      [...commands.keys()].filter((type) => !spoken.has(type)),
      [],
    );
  });
});

for (const engine of engines)
  describe(`the permission table over sockets (${engine})`, async () => {
    const app = await createTestApp(engine);
    const url = await listen(app);
    after(app.close);
    const told = new Map<Cell, string[]>();
    let ready: ReadonlyMap<Cell, Ready>;
    const sockets = new Map<Person, Client>();

    before(async () => {
      ready = await prepareCells(app, said);
      const here = new Set(everyCell.filter(({ actor }) => !['AN', 'SU'].includes(actor)).map((cell) => whoOf(cell)));
      for (const who of here) sockets.set(who, await connect(url, who));
    });

    const whoOf = (cell: Cell) => ready.get(cell)?.who as Person;

    async function ask(cell: Cell): Promise<void> {
      const { ids, body } = ready.get(cell) as Ready;
      const who = whoOf(cell);
      const verdicts: string[] = [];
      for (const say of saidAs[routeOf(cell)] ?? []) {
        const [type, data] = say({ ...ids, ...(body as { user_id?: number }) }, who.id);
        const client = sockets.get(who);
        verdicts.push(client ? await askKnown(client, type, data) : await askUnknown(who, type, data));
      }
      told.set(cell, verdicts);
    }

    let asked = 0;
    async function askKnown(client: Client, type: string, data: object): Promise<string> {
      const request_id = `cell ${asked++}`;
      client.send({ type, data, request_id });
      const frame = await client.answer(request_id);
      if (frame.type !== 'error') return 'done';
      const { code, details } = frame.data;
      return code === 'PERMISSION_DENIED' || code === 'CONVERSATION_BLOCKED'
        ? `${code} ${details.required} ${details.your_role}`
        : code;
    }

    /** What is said before anybody is known is heard by nobody. */
    async function askUnknown({ token }: Person, type: string, data: object): Promise<string> {
      const client = await open(url);
      client.send({ type, data });
      const { code } = await client.ask('authenticate', { token: token || 'none' }, 'auth_error');
      assert.equal(await client.closed(), 4001);
      assert.deepEqual(
        client.frames.map((frame) => frame.type),
        ['hello', 'auth_error'],
      );
      return code;
    }

    it('refuses, changing not a single row', async () => {
      const refused = everyCell.filter((cell) => expectedOf(cell) !== 'done');
      await app.unchanged(() => inParts(refused, ask));
    });

    for (const [name, some] of Object.entries(said))
      for (const row of new Set(some.map((cell) => cell.row)))
        it(`${name}: ${row.method} ${row.path} ${row.what}`, async () => {
          const own = some.filter((cell) => cell.row === row);
          for (const cell of own) if (!told.has(cell)) await ask(cell);
          assert.deepEqual(
            own.map((cell) => `${nameOf(cell)} ${told.get(cell)?.join(', ')}`),
            own.map(
              (cell) =>
                `${nameOf(cell)} ${told
                  .get(cell)
                  ?.map(() => expectedOf(cell))
                  .join(', ')}`,
            ),
          );
        });
  });
