import assert from 'node:assert/strict';

export interface Family {
  readonly type: string;
  readonly help: string;
  readonly samples: readonly ParsedSample[];
}

export interface ParsedSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';

/** Reads the text format of Prometheus; fails at a line that is none, at a family in two pieces and at a series that stands twice. */
export function parseMetrics(text: string): Map<string, Family> {
  assert.ok(text.endsWith('\n'), 'the last line ends too');
  const families = new Map<string, Family & { samples: ParsedSample[] }>();
  const series = new Set<string>();
  let current: (Family & { samples: ParsedSample[] }) | undefined;
  let help: readonly [name: string, text: string] | undefined;
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const [, kind, named = '', rest = ''] = new RegExp(`^# (HELP|TYPE) (${NAME}) (.+)$`).exec(line) ?? [];
    if (kind === 'HELP') {
      assert.ok(!families.has(named), `${named} is in one piece`);
      help = [named, rest];
    } else if (kind === 'TYPE') {
      assert.equal(help?.[0], named, `${named} says what it is`);
      current = { type: rest, help: help?.[1] ?? '', samples: [] };
      families.set(named, current);
    } else {
      const {
        1: name = '',
        2: labels = '',
        3: value,
      } = new RegExp(`^(${NAME})(?:\\{(.*)\\})? (\\S+)$`).exec(line) ?? [];
      assert.ok(name !== '' && current !== undefined, `"${line}" is a sample`);
      assert.ok(!series.has(`${name}{${labels}}`), `${line} stands once`);
      series.add(`${name}{${labels}}`);
      current.samples.push({ name, labels: labelsOf(labels), value: numberOf(value) });
    }
  }
  return families;
}

function labelsOf(text: string): Record<string, string> {
  const found = [...text.matchAll(/([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"(?:,|$)/g)];
  assert.equal(found.map(([whole]) => whole).join(''), text, `"${text}" is labels and nothing else`);
  return Object.fromEntries(found.map(([, name, value]) => [name as string, value as string]));
}

function numberOf(text = ''): number {
  const value = text === '+Inf' ? Number.POSITIVE_INFINITY : Number(text);
  assert.ok(text !== '' && !Number.isNaN(value), `"${text}" is a number`);
  return value;
}

/** Every series as a text, `name{label="value"}` with its labels in the order of their names, and what it stands at. */
export function seriesOf(families: ReadonlyMap<string, Family>): Map<string, number> {
  const series = new Map<string, number>();
  for (const { samples } of families.values())
    for (const { name, labels, value } of samples) {
      const written = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
      series.set(`${name}{${written.map(([label, held]) => `${label}="${held}"`).join(',')}}`, value);
    }
  return series;
}
