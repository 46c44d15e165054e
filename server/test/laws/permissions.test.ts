import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { permissionTables } from '../../src/generate/permissions.ts';
import { routes } from '../../src/routes.ts';
import { engines } from '../engines.ts';
import { createTestApp } from '../harness/app.ts';
import type { Person } from '../harness/people.ts';
import { type Cell, cells, nameOf, verdictOf } from './permissions_cells.ts';
import { accountRows, conversationRows, notThereYet, type Row, roomRows } from './permissions_table.ts';
import {
  accountSituation,
  actorOf,
  conversationSituations,
  createPeople,
  roomSituation,
  type Situation,
} from './permissions_world.ts';

const under = '/api/v1';
const served = new Set(routes.map(({ method, path }) => `${method} ${path}`));
const routeOf = ({ method, path }: Pick<Row, 'method' | 'path'>) => `${method} ${under}${path.split('?')[0]}`;

describe('the permission table', () => {
  it('has a row for each route that knows its caller, and none for others', () => {
    const rows = new Set([...roomRows, ...accountRows, ...conversationRows].map(routeOf));
    // PATCH is PUT under another name (routes.test.ts).
    const unruled = routes
      .filter(({ scope }) => scope !== 'public')
      .map(({ method, path }) => `${method.replace('PATCH', 'PUT')} ${path}`)
      .filter((route) => !rows.has(route));
    assert.deepEqual(unruled, []);
    assert.deepEqual(
      [...rows].filter((route) => !served.has(route)),
      [],
    );
    const arrived = notThereYet.filter((route) => served.has(route.replace(' ', ` ${under}`)));
    assert.deepEqual(arrived, [], 'a route that has come is no longer missing');
  });

  it('is printed from the policy with the same cells', () => {
    const typed = {
      'Rooms and what is in them': roomRows,
      'Direct conversations': conversationRows,
      'Account level': accountRows,
    };
    for (const { title, columns, rows } of permissionTables()) {
      assert.ok(rows.length > 10, title);
      for (const { route, what, cells } of rows) {
        const printed = columns.map((column, index) => `${column} ${cells[index]}`);
        const same = (typed[title as keyof typeof typed] as readonly Row[])
          .filter(
            (row) =>
              `${row.method} ${row.path.split('?')[0]}` === route &&
              (what === '-' ? !isPlaced(row) : isCase(row, what)),
          )
          .map((row) => row.cells.map(({ actor, says }) => `${actor} ${says.slice(0, 3)}`));
        assert.ok(
          same.some((cells) => printed.every((cell) => cells.includes(cell))),
          `${route} ${what}: ${printed.join(', ')}\n${same.join('\n')}`,
        );
      }
    }
  });
});

for (const engine of engines) {
  describe(`the permission table (${engine})`, async () => {
    // A webhook for each cell, most of them the owner's.
    // One owner makes, and tests, a webhook for each cell.
    const many = { MAX_WEBHOOKS_PER_USER: '1000', WEBHOOK_IN_FLIGHT: '1000', WEBHOOK_IN_FLIGHT_EACH: '100' };
    const app = await createTestApp(engine, many);
    after(app.close);
    const told = new Map<Cell, string>();
    const ready = new Map<Cell, Situation>();

    before(async () => {
      const people = await createPeople(app);
      const build = (chosen: readonly Cell[]) =>
        inParts(chosen, async (cell) => {
          const isRoom = cell.place === 'public' || cell.place === 'private';
          const situation = isRoom
            ? await roomSituation(people, cell.row, cell.actor, cell.place as 'public' | 'private')
            : await accountSituation(app, people, cell.row, cell.actor);
          ready.set(cell, { who: actorOf(people, cell.actor), ...situation });
        });
      const isGuestsOwn = ({ actor, row }: Cell) =>
        actor === 'GU' && /^my (message|reaction|file|own file)$/.test(row.what);
      // A guest has words of his own when he was somebody else before.
      await build([...cells.rooms, ...cells.accounts].filter(isGuestsOwn));
      await app.admin.patch(`/admin/users/${people.guest.id}`, { role: 'guest' }, 200);
      await build(cells.rooms.filter((cell) => !isGuestsOwn(cell)));
      await build(cells.accounts.filter((cell) => !isGuestsOwn(cell)));
      for (const [index, situation] of (await conversationSituations(people, cells.conversations)).entries()) {
        const cell = cells.conversations[index] as Cell;
        ready.set(cell, { who: actorOf(people, cell.actor), ...situation });
      }
    });

    const ask = async (cell: Cell) => {
      const { who, ids, body, headers } = ready.get(cell) as Situation & { who: Person };
      const path = cell.row.path.replace(/\{(\w+)\}/g, (_, name: string) => `${ids[name]}`);
      const reply = await who.request(cell.row.method as 'GET', path, { body, ...(headers ? { headers } : {}) });
      told.set(cell, `${nameOf(cell)} ${verdictOf(reply)}`);
    };

    const everyCell = [...cells.rooms, ...cells.conversations, ...cells.accounts];

    it('refuses, changing not a single row', async () => {
      const refused = everyCell.filter(({ expected }) => !expected.startsWith('2'));
      await app.unchanged(() => inParts(refused, ask));
    });

    for (const [name, some] of Object.entries(cells)) {
      for (const row of new Set(some.map((cell) => cell.row))) {
        it(`${name}: ${row.method} ${row.path} ${row.what}`, async () => {
          const own = some.filter((cell) => cell.row === row);
          for (const cell of own) if (!told.has(cell)) await ask(cell);
          assert.deepEqual(
            own.map((cell) => told.get(cell)),
            own.map((cell) => `${nameOf(cell)} ${cell.expected}`),
          );
        });
      }
    }
  });
}

const isPlaced = (row: Row) => row.path.startsWith('/files/upload') && row.what !== '-';
const isCase = (row: Row, what: string) => row.what === what || row.path.endsWith(what);

/** As many at once as share a commit, and no more. */
async function inParts<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  for (let start = 0; start < all.length; start += 64) await Promise.all(all.slice(start, start + 64).map(work));
}
