import { CONNECTIONS } from '../measure.ts';

/** What everybody opens a room with. */
export function newestPage(path: string): string[][] {
  return [[path]];
}

const SPREAD = 200;

/** Pages at equal distances over a room whose message ids go from 1 to `messages`; few enough to be kept in memory. */
export function spreadPages(path: string, messages: number): string[][] {
  const step = messages / SPREAD;
  const pages = Array.from({ length: SPREAD }, (_, place) => `${path}?before_id=${Math.floor((place + 1) * step) + 1}`);
  return Array.from({ length: CONNECTIONS }, (_, connection) => rotated(pages, connection * 3));
}

const OF_EACH = 500;

/** Pages in an order without a pattern, the same in every run: far more than are kept in memory. */
export function unseenPages(path: string, messages: number): string[][] {
  const draw = drawing(1);
  const page = () => `${path}?before_id=${51 + Math.floor(draw() * (messages - 50))}`;
  return Array.from({ length: CONNECTIONS }, () => Array.from({ length: OF_EACH }, page));
}

function rotated<T>(list: readonly T[], by: number): T[] {
  return [...list.slice(by % list.length), ...list.slice(0, by % list.length)];
}

/** Numbers from 0 to 1 (mulberry32). */
function drawing(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
