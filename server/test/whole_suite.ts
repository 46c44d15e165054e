import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventCatalogue } from '../src/events.ts';
import { routes } from '../src/routes.ts';

/** Whether the runner was given all that `npm test` gives it, and nothing that leaves tests out. */
export function isWholeSuite(patterns: readonly string[], flags: readonly string[]): boolean {
  const isNarrowed = flags.some((flag) => /^--test-(name-pattern|skip-pattern|only|shard|tag)/.test(flag));
  return !isNarrowed && wholePatterns().every((pattern) => patterns.includes(pattern));
}

/** What `npm test` gives to the runner. */
export function wholePatterns(): string[] {
  const { scripts } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'));
  return [...scripts.test.matchAll(/"([^"]+)"/g)].map(([, pattern]) => pattern as string);
}

/** What the stories of a whole run never did: a route that never answered with success, an event that never happened. */
export function notReached(record: readonly string[]): string[] {
  const reached = new Set(record);
  return [
    ...routes.map(({ method, path }) => `answered ${method} ${path}`),
    ...Object.keys(eventCatalogue).map((type) => `emitted ${type}`),
  ].filter((line) => !reached.has(line));
}
