import pg from 'pg';
import type { Database, Row, Writer } from '../../src/db/database.ts';
import { textOf } from '../../src/db/statement.ts';
import { readDocument } from '../docs/markdown.ts';

const { blocks } = readDocument('docs/how-to/partition-large-tables.md');
const [byRoom, dropBefore, byTime, next, dropOld, ...more] = blocks
  .filter(({ language }) => language === 'sql')
  .map(({ text }) => text);
if (dropOld === undefined || more.length > 0) throw new Error('The guide has five blocks of SQL');

/** What the guide says, a block each, as it stands there. */
export const guide = { byRoom, dropBefore, byTime, next, dropOld } as Record<
  'byRoom' | 'dropBefore' | 'byTime' | 'next' | 'dropOld',
  string
>;

/** Runs SQL as psql would; resolves with the rows of its last statement. */
export async function onDatabase(url: string, text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const results = await client.query(text);
    return (Array.isArray(results) ? results.at(-1) : results).rows;
  } finally {
    await client.end();
  }
}

class Undo extends Error {}

interface Plan {
  readonly 'Relation Name'?: string;
  readonly 'Actual Loops': number;
  readonly Plans?: readonly Plan[];
}

/** The tables, partitions by their own names, that the statements of `work` have looked into; nothing is kept of it. */
export async function lookedInto(db: Database, work: (db: Writer) => Promise<unknown>): Promise<Set<string>> {
  const found = new Set<string>();
  const walk = (plan: Plan): void => {
    if (plan['Relation Name'] !== undefined && plan['Actual Loops'] > 0) found.add(plan['Relation Name']);
    for (const inner of plan.Plans ?? []) walk(inner);
  };
  const looking = async (writer: Writer) => {
    const look = async (sql: string, values: readonly unknown[]) => {
      await writer.run(textOf('savepoint look'), []);
      const [row = {}] = await writer.all(textOf(`explain (analyze, format json) ${sql}`), values);
      await writer.run(textOf('rollback to savepoint look'), []);
      walk((row['QUERY PLAN'] as unknown as [{ Plan: Plan }])[0].Plan);
    };
    await work({
      ...writer,
      all: async (text, values) => {
        await look(text.sql, values);
        return writer.all(text, values);
      },
      run: async (text, values) => {
        await look(text.sql, values);
        return writer.run(text, values);
      },
    });
    throw new Undo();
  };
  await db.write('look', looking).catch((error: unknown) => {
    if (!(error instanceof Undo)) throw error;
  });
  return found;
}
