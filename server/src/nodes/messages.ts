import type { Status } from '../db/tables.ts';
import type { AttemptElsewhere } from '../modules/auth/attempts.ts';
import type { TypingMessage } from '../realtime/typing.ts';

/** How somebody is here, as a process with a socket of his shows it: who, how, and the room looked at. Null: not, or not any more. */
export type Sight = readonly [userId: number, status: Exclude<Status, 'invisible'> | null, roomId: number | null];

/** What processes tell each other. None of it is kept anywhere, and each of it may be lost. */
export interface NodeMessages {
  /** Something was committed; what `acts` at once everybody looks for at once. */
  readonly committed: { readonly acts: boolean };
  readonly typing: TypingMessage;
  /** Of some people who have sockets here. With `begins` and `ends`: of all. */
  readonly here: { readonly sights: readonly Sight[]; readonly begins?: boolean; readonly ends?: boolean };
  /** A digest of all that was told of who is here: whoever knows otherwise asks for all. */
  readonly alive: { readonly digest: string };
  /** Asks one process for all the people who are there. */
  readonly who: { readonly node: string };
  /** This process ends. */
  readonly gone: Record<never, never>;
  /** How somebody wants to be seen has changed. */
  readonly status: { readonly userId: number };
  /** How an attempt to sign in went. */
  readonly attempt: AttemptElsewhere;
}
export type MessageKind = keyof NodeMessages;
