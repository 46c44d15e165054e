import { hash } from 'node:crypto';
import type { Presence } from '../realtime/presence.ts';
import type { Sight } from './messages.ts';
import type { Talk } from './talk.ts';

/** Between two signs of life. */
const ALIVE_EVERY_MS = 5_000;
/** Three were missed: whoever is there is not seen any more. */
const SILENT_MS = 16_000;
/** Between two tellings of all. */
const ONCE_MS = 1_000;
/** People in one message: some thirty bytes each. */
const AT_ONCE = 150;

/** Keeps the processes' knowledge of who is at which of them; what was lost on the way is asked for. Returns what ends it. */
export function shareSights(talk: Talk, presence: Presence): () => void {
  const heardAt = new Map<string, number>();
  /** Of a process that tells of all: who was there before and has not been named yet. */
  const unnamed = new Map<string, Set<number>>();

  /** Asked for all by several at once, it is told once. */
  let saidAllAt = Number.NEGATIVE_INFINITY;

  const sayAlive = () => talk.tell('alive', { digest: digestOf(presence.sights()) });

  function sayAll(): void {
    saidAllAt = performance.now();
    const sights = presence.sights();
    for (let from = 0; from === 0 || from < sights.length; from += AT_ONCE) {
      const some = sights.slice(from, from + AT_ONCE);
      talk.tell('here', { sights: some, begins: from === 0, ends: from + AT_ONCE >= sights.length });
    }
  }

  function forget(nodeId: string): void {
    heardAt.delete(nodeId);
    unnamed.delete(nodeId);
    presence.hear(nodeId, presence.sightsAt(nodeId).map(goneOf));
  }

  talk.hear('here', ({ sights, begins, ends }, from) => {
    if (sights.length > AT_ONCE) return;
    heardAt.set(from, performance.now());
    if (begins) unnamed.set(from, new Set(presence.sightsAt(from).map(([userId]) => userId)));
    for (const [userId] of sights) unnamed.get(from)?.delete(userId);
    presence.hear(from, sights);
    if (!ends) return;
    presence.hear(
      from,
      [...(unnamed.get(from) ?? [])].map((userId) => goneOf([userId, null, null])),
    );
    unnamed.delete(from);
  });
  talk.hear('alive', ({ digest }, from) => {
    heardAt.set(from, performance.now());
    if (digestOf(presence.sightsAt(from)) !== digest) talk.tell('who', { node: from });
  });
  talk.hear('who', ({ node }) => {
    if (node === talk.id && performance.now() - saidAllAt > ONCE_MS) sayAll();
  });
  talk.hear('gone', (_, from) => forget(from));
  talk.hear('status', ({ userId }) => void presence.changed(userId).catch(() => undefined));
  talk.onBack(() => {
    sayAll();
    for (const node of heardAt.keys()) talk.tell('who', { node });
    void presence.refresh().catch(() => undefined);
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

const goneOf = ([userId]: Sight): Sight => [userId, null, null];

function digestOf(sights: readonly Sight[]): string {
  const lines = sights.map((sight) => sight.join(' ')).sort();
  return hash('sha256', lines.join('\n'));
}
