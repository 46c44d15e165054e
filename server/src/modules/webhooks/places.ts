import type { Wanted } from './claim.ts';

export interface Waiting {
  readonly id: number;
  readonly failing_since: number | null;
}

/** Attempts that are under way. */
export interface InFlight {
  readonly all: number;
  /** Of them to webhooks that were failing when they began. */
  readonly failing: number;
  to(webhookId: number): number;
}

/** Places there are, and for each webhook that does well. */
export interface Places {
  readonly all: number;
  readonly each: number;
}

/**
 * Who gets the free places, in the order given. Webhooks that fail have one place each, and half of all together: a crowd of dead
 * receivers delays nobody who answers. One place is theirs while none of them has any, so that a crowd of others does not keep them waiting.
 */
export function sharePlaces(waiting: readonly Waiting[], inFlight: InFlight, { all, each }: Places): Wanted[] {
  const failing = waiting.filter(({ failing_since }) => failing_since !== null);
  const well = waiting.filter(({ failing_since }) => failing_since === null);
  const free = all - inFlight.all;
  const kept = failing.length > 0 && inFlight.failing === 0 ? 1 : 0;
  const toWell = share(well, free - kept, each, inFlight);
  const left = free - toWell.reduce((sum, { limit }) => sum + limit, 0);
  return [...toWell, ...share(failing, Math.min(left, Math.ceil(all / 2) - inFlight.failing), 1, inFlight)];
}

function share(waiting: readonly Waiting[], places: number, each: number, inFlight: InFlight): Wanted[] {
  let free = places;
  return waiting.flatMap(({ id }) => {
    const limit = Math.min(free, each - inFlight.to(id));
    if (limit <= 0) return [];
    free -= limit;
    return [{ webhookId: id, limit }];
  });
}
