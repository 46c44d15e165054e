import { type RawBuilder, sql } from 'kysely';
import type { Reader } from '../../db/database.ts';
import { type Builder, dynamic, query } from '../../db/statement.ts';
import { placeColumns, roomColumns, type ShownRoom } from './store.ts';

/** `visible` is the list without a filter: public rooms, and the private ones the person is in. */
export type ListFilter = 'visible' | 'public' | 'private' | 'joined' | 'owned' | 'all';

/** One page: what comes after an edge, newest activity first. */
export interface PageOf {
  user_id: number;
  last_activity: number;
  id: number;
  limit: number;
  offset: number;
  /** Rooms that each source has to give so that the page is right: offset and limit together. */
  window: number;
}

const living = ['public', 'private'] as const;
// Literals, not parameters: the partial indexes serve only conditions the planner can see.
const publicRooms = (q: Builder) => q.selectFrom('containers as c').where('c.visibility', '=', sql.lit('public'));
const privateRooms = (q: Builder) => q.selectFrom('containers as c').where('c.visibility', '=', sql.lit('private'));
const joinedRooms = (q: Builder, userId: number) =>
  q
    .selectFrom('members as mine')
    .innerJoin('containers as c', 'c.id', 'mine.container_id')
    .where('mine.user_id', '=', userId)
    .where('mine.left_at', 'is', null)
    .where('c.visibility', 'in', living);
const myPrivateRooms = (q: Builder, userId: number) =>
  joinedRooms(q, userId).where('c.visibility', '=', sql.lit('private'));
const ownedRooms = (q: Builder, userId: number) =>
  q
    .selectFrom('rooms as own')
    .innerJoin('containers as c', 'c.id', 'own.id')
    .where('own.owner_id', '=', userId)
    .where('c.visibility', 'in', living);

type Source = (q: Builder, userId: number) => ReturnType<typeof publicRooms>;

/** Each filter as sources that share no room. */
const sourcesOf = {
  visible: [publicRooms, myPrivateRooms],
  public: [publicRooms],
  private: [myPrivateRooms],
  joined: [joinedRooms],
  owned: [ownedRooms],
  all: [publicRooms, privateRooms],
} as unknown as Record<ListFilter, readonly Source[]>;

/** Each source is read in order and only as far as the page needs it; the sources are merged, and only the page is joined. */
function pageOf(q: Builder, filter: ListFilter, p: PageOf, pattern?: string) {
  const parts = sourcesFor(q, filter, p.user_id, pattern).map((source) =>
    q
      .selectFrom(
        source
          .where(sql<boolean>`(c.last_activity, c.id) < (${p.last_activity}, ${p.id})`)
          .orderBy('c.last_activity', 'desc')
          .orderBy('c.id', 'desc')
          .limit(p.window)
          .select(['c.id', 'c.last_activity'])
          .as('part'),
      )
      .selectAll(),
  );
  const merged = parts.reduce((all, part) => all.unionAll(part));
  const page = q
    .selectFrom(merged.as('merged'))
    .selectAll()
    .orderBy('last_activity', 'desc')
    .orderBy('id', 'desc')
    .limit(p.limit)
    .offset(p.offset);
  return q
    .selectFrom(page.as('page'))
    .innerJoin('containers as c', 'c.id', 'page.id')
    .innerJoin('rooms as r', 'r.id', 'page.id')
    .leftJoin('members as m', (join) =>
      join.onRef('m.container_id', '=', 'page.id').on('m.user_id', '=', p.user_id).on('m.left_at', 'is', null),
    )
    .orderBy('page.last_activity', 'desc')
    .orderBy('page.id', 'desc')
    .select([...roomColumns, ...placeColumns]);
}

/** With a pattern only what matches it: all rooms are found by their names, the few of one's own are looked at one by one. */
function sourcesFor(q: Builder, filter: ListFilter, userId: number, pattern: string | undefined) {
  return sourcesOf[filter].map((source) => {
    if (pattern === undefined) return source(q, userId);
    const matches = sql<boolean>`found.name_folded like ${pattern} escape '\\'`;
    if (source === publicRooms || source === privateRooms) return fromNames(q, matches, source);
    return source(q, userId).where(({ exists, selectFrom }) =>
      exists(
        selectFrom('rooms as found').whereRef('found.id', '=', 'c.id').where(matches).select(sql.lit(1).as('one')),
      ),
    );
  });
}

function fromNames(q: Builder, matches: RawBuilder<boolean>, source: Source) {
  const visibility = source === publicRooms ? 'public' : 'private';
  return (
    q
      .selectFrom('rooms as found')
      // SQLite keeps the order of a cross join: names first, from their index.
      .crossJoin('containers as c')
      .whereRef('c.id', '=', 'found.id')
      .where(matches)
      .where('c.visibility', '=', visibility) as unknown as ReturnType<Source>
  );
}

const count = sql<number>`count(*)`;

/** Public and private rooms are counted as they come and go; what is one's own is few and counted now. */
function totalOf(q: Builder, filter: ListFilter, userId: number) {
  const counted = (source: Source) => source(q, userId).select(count.as('total'));
  const kept = (...names: ('rooms_public' | 'rooms_private')[]) =>
    q.selectFrom('counters').where('name', 'in', names).select(sql<number>`sum(value)`.as('total'));
  if (filter === 'public') return kept('rooms_public');
  if (filter === 'all') return kept('rooms_public', 'rooms_private');
  if (filter !== 'visible') return counted(sourcesOf[filter][0] as Source);
  const both = kept('rooms_public').unionAll(counted(myPrivateRooms as unknown as Source));
  return q.selectFrom(both.as('counts')).select(sql<number>`sum(total)`.as('total'));
}

const filters = Object.keys(sourcesOf) as ListFilter[];
const statements = Object.fromEntries(
  filters.map((filter) => [
    filter,
    {
      page: query((q, p: PageOf) => pageOf(q, filter, p)),
      total: query((q, p: { user_id: number }) => totalOf(q, filter, p.user_id)),
    },
  ]),
);

export function listPage(db: Reader, filter: ListFilter, page: PageOf): Promise<ShownRoom[]> {
  return (statements[filter] as (typeof statements)[string]).page.all(db, page);
}

export async function countList(db: Reader, filter: ListFilter, userId: number): Promise<number> {
  const found = await (statements[filter] as (typeof statements)[string]).total.first(db, { user_id: userId });
  return Number(found?.total ?? 0);
}

/** The same for rooms whose folded name matches a LIKE pattern; reads every name the filter selects. */
export function searchPage(db: Reader, filter: ListFilter, page: PageOf, pattern: string): Promise<ShownRoom[]> {
  return dynamic(db, (q) => pageOf(q, filter, page, pattern));
}

export async function countSearch(db: Reader, filter: ListFilter, userId: number, pattern: string): Promise<number> {
  const [found] = await dynamic<{ total: number }>(db, (q) => {
    const counts = sourcesFor(q, filter, userId, pattern)
      .map((source) => source.select(count.as('total')))
      .reduce((all, one) => all.unionAll(one));
    return q.selectFrom(counts.as('counts')).select(sql<number>`sum(total)`.as('total'));
  });
  return Number(found?.total ?? 0);
}
