import { createHash } from 'node:crypto';

/** What one process does for all of them. One that was held up may go on for a moment beside whoever has taken over: each has to bear that. */
export const works = ['seal', 'forget', 'statistics', 'purge', 'sweep'] as const;
export type Work = (typeof works)[number];

/** Who is to do a piece of work: the same for all who ask, spread evenly, and for most of it the same when somebody comes or goes (rendezvous hashing). */
export function chosenFor(work: Work, nodeIds: readonly string[]): string | undefined {
  const ranked = nodeIds.map((id) => ({ id, rank: createHash('sha256').update(`${work} ${id}`).digest('hex') }));
  return ranked.sort((a, b) => (a.rank < b.rank ? 1 : -1))[0]?.id;
}
