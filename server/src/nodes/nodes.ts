import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { Deps } from '../context.ts';
import type { Channel } from '../db/channel.ts';
import type { Database, Writer } from '../db/database.ts';
import { isActing, type NewEvent } from '../events.ts';
import { createFollowing } from './follow.ts';
import { createLonelyRegister, createRegister, type Register } from './register.ts';
import { shareSights } from './sights.ts';
import { createLonelyTalk, createTalk, type Talk } from './talk.ts';

/** The processes of one installation: what they tell each other, who does what is done once, and what the others have committed. */
export interface Nodes {
  /** This process, until it ends. */
  readonly id: string;
  readonly talk: Talk;
  readonly register: Register;
  /** Whether what acts at once and was committed elsewhere a second ago is known here; else memory is not to be trusted. */
  readonly isFresh: boolean;
  /** Something was committed here, and is followed here already. */
  committed(events: readonly { readonly id: number; readonly event: NewEvent }[]): void;
  /** Messages were: the most frequent of all. */
  sent(): void;
  start(): Promise<void>;
  stop(): Promise<void>;
}

interface Options {
  readonly db: Database;
  /** Undefined where nobody can be told anything: the others look for it. */
  readonly channel: Channel | undefined;
  readonly log: Logger;
  readonly deps: () => Deps;
  readonly release: (db: Writer, nodeId: string) => Promise<unknown>;
}

export function createNodes({ db, channel, log, deps, release }: Options): Nodes {
  const id = randomUUID();
  if (db.dialect === 'sqlite') return lonely(id);
  const talk = channel ? createTalk({ id, channel, log }) : createLonelyTalk(id, false);
  const register = createRegister({ id, db, log, release });
  const following = createFollowing(deps, log);
  let endSharing = () => {};
  return {
    id,
    talk,
    register,
    get isFresh() {
      return following.isFresh;
    },
    committed: (events) => {
      if (events.length === 0) return;
      const here = events.filter(({ event }) => isActing(event.type));
      following.know(here.map((one) => one.id));
      talk.tell('committed', { acts: here.length > 0 });
    },
    sent: () => talk.tell('committed', { acts: false }),
    start: async () => {
      const { presence, typing } = deps().realtime;
      talk.hear('typing', typing.hear);
      talk.hear('attempt', deps().authority.attempts.hear);
      await following.start();
      talk.hear('committed', ({ acts }) => {
        deps().realtime.hub.wake();
        if (acts) void following.look();
      });
      await register.start();
      endSharing = shareSights(talk, presence);
    },
    stop: async () => {
      endSharing();
      await following.stop();
      await register.stop();
      await talk.stop();
    },
  };
}

/** One process alone. */
function lonely(id: string): Nodes {
  const nothing = async () => {};
  const rest = { committed: () => {}, sent: () => {}, start: nothing, stop: nothing };
  return { id, talk: createLonelyTalk(id, true), register: createLonelyRegister(), isFresh: true, ...rest };
}
