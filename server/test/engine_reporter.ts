import type { TestEvent } from 'node:test/reporters';

/** Where a test stands: its file, and the names of what it is in. */
interface Outcome {
  readonly path: string;
  readonly engine: string;
  readonly passed: boolean;
}

const ENGINE = /\b(sqlite|postgres)\b/i;

/**
 * Says at the end whether the tests that name their engine are the same on both, and came to the same. What is of one engine alone, such
 * as a disk that fails or a database that is lost, is counted by itself.
 */
export default async function* compareEngines(source: AsyncIterable<TestEvent>): AsyncIterable<string> {
  const names: string[] = [];
  const outcomes: Outcome[] = [];
  for await (const event of source) {
    // The runner's own summary begins, and stays the last of all.
    if (event.type === 'test:diagnostic' && event.data.nesting === 0 && event.data.message.startsWith('tests '))
      yield summaryOf(outcomes);
    if (event.type === 'test:start') names.splice(event.data.nesting, names.length, event.data.name);
    if (event.type !== 'test:pass' && event.type !== 'test:fail') continue;
    const { nesting, name, file = '', details } = event.data;
    if (details.type === 'suite' || event.data.skip !== undefined) continue;
    const path = [...names.slice(0, nesting), name].join(' › ');
    const engine = ENGINE.exec(path)?.[1]?.toLowerCase();
    if (engine)
      outcomes.push({ path: `${file} ${path.replace(ENGINE, 'engine')}`, engine, passed: event.type === 'test:pass' });
  }
}

export function summaryOf(outcomes: readonly Outcome[]): string {
  const on = (engine: string) =>
    new Map(outcomes.filter((one) => one.engine === engine).map((one) => [one.path, one.passed]));
  const [sqlite, postgres] = [on('sqlite'), on('postgres')];
  const both = [...sqlite.keys()].filter((path) => postgres.has(path));
  const different = both.filter((path) => sqlite.get(path) !== postgres.get(path));
  const alone = [sqlite.size - both.length, postgres.size - both.length];
  const lines = [
    `ℹ ${both.length} tests ran on SQLite and on PostgreSQL, ${both.length - different.length} with the same result`,
    `ℹ of one engine alone: ${alone[0]} of SQLite, ${alone[1]} of PostgreSQL`,
    ...different.map((path) => `✖ another result: ${path}`),
  ];
  return `${lines.join('\n')}\n`;
}
