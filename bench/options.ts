import { parseArgs } from 'node:util';

export const pathNames = [
  ...(['send', 'page', 'rooms', 'statistics', 'fanout', 'start'] as const),
  ...(['send-postgres', 'page-postgres'] as const),
] as const;
export type PathName = (typeof pathNames)[number];

export interface Options {
  readonly paths: readonly PathName[];
  /** Seconds of load in one round. */
  readonly seconds: number;
  readonly rounds: number;
  /** Messages in the large room. */
  readonly messages: number;
}

export const usage = `node bench/run.ts [--quick] [--only ${pathNames.join('|')}] [--seconds n] [--rounds n] [--messages n]`;

/** Throws a RangeError or TypeError that says what is wrong with the arguments. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true },
      seconds: { type: 'string' },
      rounds: { type: 'string' },
      messages: { type: 'string' },
    },
  });
  const count = (name: 'seconds' | 'rounds' | 'messages', usual: number, quick: number, least: number) => {
    const value = values[name] === undefined ? (values.quick ? quick : usual) : Number(values[name]);
    if (!Number.isInteger(value) || value < least) throw new RangeError(`--${name} is a whole number from ${least} on`);
    return value;
  };
  return {
    paths: values.only?.map(asPath) ?? pathNames,
    seconds: count('seconds', 4, 1, 1),
    rounds: count('rounds', 5, 3, 1),
    messages: count('messages', 1_000_000, 100_000, 10_000),
  };
}

function asPath(text: string): PathName {
  const found = pathNames.find((name) => name === text);
  if (!found) throw new RangeError(`--only is one of ${pathNames.join(', ')}`);
  return found;
}
