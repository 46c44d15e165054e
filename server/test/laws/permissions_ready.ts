import type { TestApp } from '../harness/app.ts';
import type { Person } from '../harness/people.ts';
import type { Cell, cells } from './permissions_cells.ts';
import {
  accountSituation,
  actorOf,
  conversationSituations,
  createPeople,
  roomSituation,
  type Situation,
} from './permissions_world.ts';

/** What a cell is about, and who asks. */
export type Ready = Situation & { readonly who: Person };

/** Makes a situation of its own for each cell of the table. */
export async function prepareCells(app: TestApp, chosen: typeof cells): Promise<ReadonlyMap<Cell, Ready>> {
  const people = await createPeople(app);
  const ready = new Map<Cell, Ready>();
  const build = (some: readonly Cell[]) =>
    inParts(some, async (cell) => {
      const isRoom = cell.place === 'public' || cell.place === 'private';
      const situation = isRoom
        ? await roomSituation(people, cell.row, cell.actor, cell.place as 'public' | 'private')
        : await accountSituation(app, people, cell.row, cell.actor);
      ready.set(cell, { who: actorOf(people, cell.actor), ...situation });
    });
  // A guest has words of his own when he was somebody else before.
  const isGuestsOwn = ({ actor, row }: Cell) =>
    actor === 'GU' && /^my (message|reaction|file|own file)$/.test(row.what);
  const unplaced = [...chosen.rooms, ...chosen.accounts];
  await build(unplaced.filter(isGuestsOwn));
  await app.admin.patch(`/admin/users/${people.guest.id}`, { role: 'guest' }, 200);
  await build(unplaced.filter((cell) => !isGuestsOwn(cell)));
  for (const [index, situation] of (await conversationSituations(people, chosen.conversations)).entries()) {
    const cell = chosen.conversations[index] as Cell;
    ready.set(cell, { who: actorOf(people, cell.actor), ...situation });
  }
  return ready;
}

/** As many at once as share a commit, and no more. */
export async function inParts<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  for (let start = 0; start < all.length; start += 64) await Promise.all(all.slice(start, start + 64).map(work));
}
