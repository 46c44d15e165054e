import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { permissionTables } from '../../src/generate/permissions.ts';
import { routes } from '../../src/routes.ts';
import { engines } from '../engines.ts';
import { createTestApp } from '../harness/app.ts';
import { type Cell, cells, nameOf, verdictOf } from './permissions_cells.ts';
import { inParts, prepareCells, type Ready } from './permissions_ready.ts';
import { accountRows, conversationRows, notThereYet, type Row, roomRows } from './permissions_table.ts';

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
    // One owner makes, and tests, a webhook for each cell.
    const many = { MAX_WEBHOOKS_PER_USER: '1000', WEBHOOK_IN_FLIGHT: '1000', WEBHOOK_IN_FLIGHT_EACH: '100' };
    const app = await createTestApp(engine, many);
    after(app.close);
    const told = new Map<Cell, string>();
    let ready: ReadonlyMap<Cell, Ready>;

    before(async () => {
      ready = await prepareCells(app, cells);
    });

    const ask = async (cell: Cell) => {
      const { who, ids, body, headers } = ready.get(cell) as Ready;
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
