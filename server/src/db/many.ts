import { type CompiledQuery, type Expression, sql } from 'kysely';
import type { CompiledText, Reader, Row, Writer } from './database.ts';
import { type Builder, builders, type Compilable, change, type Query, query, textOf } from './statement.ts';

/**
 * One statement for many inputs. SQLite, where a call costs a microsecond, runs the prepared statement once an input; PostgreSQL,
 * where a round trip costs a hundred, gets all inputs as arrays in one statement.
 */
export type ColumnTypes<P> = { readonly [K in keyof P]: 'bigint' | 'text' };
type Build<P, O> = (q: Builder, input: P) => Compilable<O>;

export interface QueryOfEach<P, O> {
  /** The first row found for each input, in the order of the inputs. */
  firstOfEach(db: Reader, inputs: readonly P[]): Promise<(O | undefined)[]>;
}

export function queryOfEach<P extends object, O>(types: ColumnTypes<P>, build: Build<P, O>): QueryOfEach<P, O> {
  const single: Query<P, O> = query((q, p: P) => build(q, p), ' limit 1');
  let text: CompiledText | undefined;
  return {
    firstOfEach: async (db, inputs) => {
      if (inputs.length === 0) return [];
      if (db.dialect === 'sqlite') return eachInTurn(inputs, (input) => single.first(db, input));
      text ??=
        textOf(`select input.ord, found.* from ${unnest(types, ' with ordinality')} as input(${columns(types)}, ord)
        cross join lateral (${compiled(types, build)} limit 1) as found`);
      return byOrdinal<O>(inputs.length, await db.all(text, arrays(types, inputs)));
    },
  };
}

export interface QueryOfIds<O> {
  all(db: Reader, ids: readonly number[]): Promise<O[]>;
}

/** A select over any number of ids, which `ids` names where `in` takes them. They are one value, so that the text is one too. */
export function queryOfIds<O>(build: (q: Builder, ids: Expression<number>) => Compilable<O>): QueryOfIds<O> {
  const statement = query((q, { ids }: { ids: unknown }, dialect) =>
    build(
      q,
      dialect === 'sqlite'
        ? sql<number>`(select value from json_each(${ids}))`
        : sql<number>`(select unnest(${ids}::bigint[]))`,
    ),
  );
  return {
    all: async (db, ids) => {
      if (ids.length === 0) return [];
      return statement.all(db, { ids: db.dialect === 'sqlite' ? JSON.stringify(ids) : ids });
    },
  };
}

export interface ChangeOfEach<P> {
  run(db: Writer, inputs: readonly P[]): Promise<void>;
}

/** An update whose inputs name different rows: PostgreSQL applies only one input to a row. */
export function updateOfEach<P extends object>(types: ColumnTypes<P>, build: Build<P, unknown>): ChangeOfEach<P> {
  return changeOfEach(types, build, (text) =>
    text.replace(' where ', ` from ${unnest(types)} as input(${columns(types)}) where `),
  );
}

function changeOfEach<P extends object>(
  types: ColumnTypes<P>,
  build: Build<P, unknown>,
  forAll: (text: string) => string,
): ChangeOfEach<P> {
  const single = change((q, p: P) => build(q, p));
  let text: CompiledText | undefined;
  return {
    run: async (db, inputs) => {
      if (inputs.length === 0) return;
      if (db.dialect === 'sqlite') {
        await eachInTurn(inputs, (input) => single.run(db, input));
        return;
      }
      text ??= textOf(forAll(compiled(types, build)));
      await db.run(text, arrays(types, inputs));
    },
  };
}

/** Inserts the inputs in their order, so that generated ids ascend with it; resolves with those ids, in order, when asked to. */
export function insertOfEach<P extends object>(table: string, types: ColumnTypes<P>, returning?: 'id') {
  const insert = insertRowsOfEach<P, { id: number }>(table, types, returning);
  return async (db: Writer, inputs: readonly P[]): Promise<number[]> => (await insert(db, inputs)).map(({ id }) => id);
}

/** The same, resolving with what `returning` says of each row: its id, and more. */
export function insertRowsOfEach<P extends object, O extends { id: number }>(
  table: string,
  types: ColumnTypes<P>,
  returning?: string,
) {
  const names = Object.keys(types);
  const head = `insert into ${table} (${names.join(', ')})`;
  const tail = returning ? ` returning ${returning}` : '';
  const single = textOf(`${head} values (${names.map(() => '?').join(', ')})${tail}`);
  const many = textOf(`${head} select ${names.map((name) => `input.${name}`).join(', ')}
    from ${unnest(types, ' with ordinality')} as input(${names.join(', ')}, ord) order by input.ord${tail}`);
  return async (db: Writer, inputs: readonly P[]): Promise<O[]> => {
    if (inputs.length === 0) return [];
    if (db.dialect === 'sqlite') return (await insertInTurn(db, single, names, inputs, returning)) as O[];
    const rows = (await db.all(many, arrays(types, inputs))) as O[];
    return rows.sort((a, b) => a.id - b.id);
  };
}

/**
 * Adds to rows, and makes those that are missing. `key` are the columns by which a row is found; what the others say is added to
 * them. The inputs name different rows, in an order that is the same for all who write them.
 */
export function addOfEach<P extends object>(
  table: string,
  types: ColumnTypes<P>,
  key: readonly (keyof P & string)[],
): ChangeOfEach<P> {
  const names = Object.keys(types) as (keyof P & string)[];
  const sums = names
    .filter((name) => !key.includes(name))
    .map((name) => `${name} = ${table}.${name} + excluded.${name}`);
  const head = `insert into ${table} (${names.join(', ')})`;
  const tail = ` on conflict (${key.join(', ')}) do update set ${sums.join(', ')}`;
  const single = textOf(`${head} values (${names.map(() => '?').join(', ')})${tail}`);
  const many = textOf(`${head} select ${names.map((name) => `input.${name}`).join(', ')}
    from ${unnest(types, ' with ordinality')} as input(${names.join(', ')}, ord) order by input.ord${tail}`);
  return {
    run: async (db, inputs) => {
      if (inputs.length === 0) return;
      if (db.dialect === 'sqlite') await insertInTurn(db, single, names, inputs);
      else await db.run(many, arrays(types, inputs));
    },
  };
}

/** An `insert … select` for each input, whose names stand for its values. */
export function insertSelectOfEach<P extends object>(types: ColumnTypes<P>, build: Build<P, unknown>): ChangeOfEach<P> {
  return changeOfEach(types, build, (text) =>
    text.replace(' from ', ` from ${unnest(types)} as input(${columns(types)}) cross join `),
  );
}

async function insertInTurn(
  db: Writer,
  text: CompiledText,
  names: string[],
  inputs: readonly object[],
  returning?: string,
) {
  const rows = await eachInTurn(inputs, async (input) => {
    const values = names.map((name) => (input as Row)[name]);
    if (returning) return db.all(text, values);
    await db.run(text, values);
    return [];
  });
  return rows.flat();
}

/** SQLite runs a statement when it is asked, so that these are in order, and nothing else comes between them. */
function eachInTurn<P, O>(inputs: readonly P[], work: (input: P) => Promise<O>): Promise<O[]> {
  return Promise.all(inputs.map(work));
}

function compiled<P extends object>(types: ColumnTypes<P>, build: Build<P, unknown>): string {
  const references = Object.fromEntries(Object.keys(types).map((name) => [name, sql.ref(`input.${name}`)]));
  const { sql: text, parameters }: CompiledQuery = build(builders.postgres, references as unknown as P).compile();
  if (parameters.length > 0)
    throw new Error(`A statement for many inputs has constants; write them with sql.lit: ${text}`);
  return text;
}

function unnest(types: object, tail = ''): string {
  const parts = Object.values(types).map((type, index) => `$${index + 1}::${type}[]`);
  return `unnest(${parts.join(', ')})${tail}`;
}

function columns(types: object): string {
  return Object.keys(types).join(', ');
}

function arrays(types: object, inputs: readonly object[]): unknown[][] {
  return Object.keys(types).map((name) => inputs.map((input) => (input as Row)[name]));
}

function byOrdinal<O>(count: number, rows: Row[]): (O | undefined)[] {
  const found = new Array<O | undefined>(count).fill(undefined);
  for (const row of rows) found[Number(row.ord) - 1] = row as O;
  return found;
}
