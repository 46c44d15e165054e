import type { Ctx } from '../../context.ts';
import { endingEvents } from '../../events.ts';
import type { CatchingUp } from '../../realtime/catch_up.ts';
import type { EventFilters } from './schema.ts';
import type { ToldEvent } from './told.ts';

/** What a reader over HTTP does with what comes. */
export interface Receiving {
  readonly isOver: boolean;
  ready(): Promise<void>;
  receive(event: ToldEvent): void;
  end(why: 'signed_out' | 'changed' | 'restarting' | 'no_access'): void;
}

/** A reader of the log who has asked for some of it. */
export function filteredReader(ctx: Ctx, filters: EventFilters, receiving: Receiving): CatchingUp {
  const { types, room_id } = filters;
  return {
    kind: 'http',
    userId: ctx.actor.userId,
    sessionId: ctx.actor.sessionId,
    isLive: false,
    visits: new Set(),
    get isOver() {
      return receiving.isOver;
    },
    ready: receiving.ready,
    pass: () => undefined,
    end: receiving.end,
    visitEnded: () => receiving.end('no_access'),
    tell: (run) => {
      for (const event of run) {
        if (receiving.isOver || !isWanted(event, filters)) return;
        if (types === undefined || types.includes(event.name)) receiving.receive(event);
        if (room_id !== undefined && endsAccess(event, ctx.actor.userId)) receiving.end('no_access');
      }
    },
  };
}

export const isWanted = (event: ToldEvent, { room_id }: EventFilters): boolean =>
  room_id === undefined || (event.containerId === room_id && !event.isDirect);

function endsAccess({ type, userId }: ToldEvent, readerId: number): boolean {
  return endingEvents.has(type) && (type === 'room_deleted' || userId === readerId);
}
