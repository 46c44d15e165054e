import type { Presence } from '../realtime/presence.ts';
import type { Sight } from './messages.ts';
import type { Talk } from './talk.ts';

/** Between two signs of life. */
const ALIVE_EVERY_MS = 5_000;
/** Three were missed: whoever is there is not seen any more. */
const SILENT_MS = 16_000;
/** People in one message: some thirty bytes each. */
const AT_ONCE = 150;

/** Keeps the processes' knowledge of who is at which of them; what was lost on the way is asked for. Returns what ends it. */
export function shareSights(talk: Talk, presence: Presence): () => void {
  const heardAt = new Map<string, number>();
  /** Of a process that tells of all: who was there before and has not been named yet. */
  const unnamed = new Map<string, Set<number>>();

  const sayAlive = () => {
    const ids = presence.sights().map(([userId]) => userId);
    talk.tell('alive', { people: ids.length, sum: sumOf(ids) });
  };

  function sayAll(): void {
    const sights = presence.sights();
    for (let from = 0; from === 0 || from < sights.length; from += AT_ONCE) {
      const some = sights.slice(from, from + AT_ONCE);
      talk.tell('here', { sights: some, begins: from === 0, ends: from + AT_ONCE >= sights.length });
    }
  }

  function forget(nodeId: string): void {
    heardAt.delete(nodeId);
    unnamed.delete(nodeId);
    presence.hear(nodeId, [...presence.peopleAt(nodeId)].map(goneOf));
  }

  talk.hear('here', ({ sights, begins, ends }, from) => {
    heardAt.set(from, performance.now());
    if (begins) unnamed.set(from, new Set(presence.peopleAt(from)));
    for (const [userId] of sights) unnamed.get(from)?.delete(userId);
    presence.hear(from, sights);
    if (!ends) return;
    presence.hear(from, [...(unnamed.get(from) ?? [])].map(goneOf));
    unnamed.delete(from);
  });
  talk.hear('alive', ({ people, sum }, from) => {
    heardAt.set(from, performance.now());
    const known = presence.peopleAt(from);
    if (known.size !== people || sumOf(known) !== sum) talk.tell('who', { node: from });
  });
  talk.hear('who', ({ node }) => {
    if (node === talk.id) sayAll();
  });
  talk.hear('gone', (_, from) => forget(from));
  talk.hear('status', ({ userId }) => void presence.changed(userId).catch(() => undefined));
  talk.onBack(() => {
    sayAlive();
    sayAll();
  });

  const timer = setInterval(() => {
    sayAlive();
    const now = performance.now();
    for (const [nodeId, at] of heardAt) if (now - at > SILENT_MS) forget(nodeId);
  }, ALIVE_EVERY_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    talk.tell('gone', {});
  };
}

const goneOf = (userId: number): Sight => [userId, null, null];

function sumOf(ids: Iterable<number>): number {
  let sum = 0;
  for (const id of ids) sum += id;
  return sum;
}
