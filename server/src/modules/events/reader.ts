import type { Ctx } from '../../context.ts';
import { endsAccess } from '../../events.ts';
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
        if (receiving.isOver) return;
        if (isWanted(event, filters)) receiving.receive(event);
        if (isLast(event, filters, ctx.actor.userId)) receiving.end('no_access');
      }
    },
  };
}

export const isWanted = (event: ToldEvent, { types, room_id }: EventFilters): boolean =>
  isOfRoom(event, room_id) && (types === undefined || types.includes(event.name));

const isOfRoom = ({ containerId, isDirect }: ToldEvent, roomId: number | undefined): boolean =>
  roomId === undefined || (containerId === roomId && !isDirect);

/** What ends one's access to a room is the last of a reader of that room, whether it has asked for such or not. */
const isLast = (event: ToldEvent, { room_id }: EventFilters, readerId: number): boolean =>
  room_id !== undefined && isOfRoom(event, room_id) && endsAccess(event.type, event.userId, readerId);
