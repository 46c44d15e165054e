import type { Upload } from './ledger_files.ts';

/** Who takes part; the tokens outlive every crash. */
export interface Player {
  readonly id: number;
  readonly name: string;
  readonly token: string;
}

export interface Place {
  readonly id: number;
  /** `/rooms/7` or `/conversations/8`. */
  readonly path: string;
  readonly players: readonly Player[];
}

/** One message as its sender knows it: what was asked for, and what was answered. */
export interface Entry {
  readonly clientId: string;
  readonly place: Place;
  readonly author: Player;
  readonly body: {
    readonly content: string;
    readonly parent_message_id: number | null;
    readonly metadata: { readonly client_id: string; readonly round: number };
    readonly file_ids?: readonly number[];
  };
  sent: 'attempted' | 'acknowledged' | 'refused';
  /** Known once it was acknowledged. */
  id: number | undefined;
  /** What the text may be: the last acknowledged one, then those attempted since. */
  contents: string[];
  deletion: 'none' | 'attempted' | 'acknowledged';
  /** What its pin may be, in the same way. */
  pins: boolean[];
  /** Whether its author has reacted to it himself, in the same way. */
  reacted: boolean[];
}

/** What everybody reacts with. */
export const EMOJI = '👍';

/** Kept by the test, outside the server: what was attempted and what was acknowledged. */
export interface Ledger {
  readonly entries: Entry[];
  readonly uploads: Upload[];
  /** `container:user` → the last message that an acknowledged read mark, or send, has passed. */
  readonly marks: Map<string, number>;
  /** `uploads` are among the acknowledged. */
  readonly counts: { attempted: number; acknowledged: number; uploads: number; full: number };
}

export const createLedger = (): Ledger => ({
  entries: [],
  uploads: [],
  marks: new Map(),
  counts: { attempted: 0, acknowledged: 0, uploads: 0, full: 0 },
});

export function attemptSend(ledger: Ledger, place: Place, author: Player, body: Entry['body']): Entry {
  const entry: Entry = {
    clientId: body.metadata.client_id,
    place,
    author,
    body,
    sent: 'attempted',
    id: undefined,
    contents: [body.content],
    deletion: 'none',
    pins: [false],
    reacted: [false],
  };
  ledger.entries.push(entry);
  return entry;
}

export function passMark(ledger: Ledger, place: Place, player: Player, messageId: number | null): void {
  const key = `${place.id}:${player.id}`;
  ledger.marks.set(key, Math.max(ledger.marks.get(key) ?? 0, messageId ?? 0));
}

/** Living for certain: sent, and its deletion never asked for. */
export const isLiving = (entry: Entry): boolean => entry.sent === 'acknowledged' && entry.deletion === 'none';

/** After a crash nothing is left open: what was found is what is. */
export function settle(entry: Entry, content: string | null, pinned: boolean, reacted: boolean): void {
  entry.pins = [pinned];
  entry.reacted = [reacted];
  if (content === null) entry.deletion = 'acknowledged';
  else {
    entry.deletion = 'none';
    entry.contents = [content];
  }
}
