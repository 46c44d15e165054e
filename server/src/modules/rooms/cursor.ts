/** Where a page of the room list begins: just after this room. */
export interface ListEdge {
  /** Epoch milliseconds. */
  readonly last_activity: number;
  readonly id: number;
}

/** Before the newest room there can be. */
export const listStart: ListEdge = { last_activity: Number.MAX_SAFE_INTEGER, id: Number.MAX_SAFE_INTEGER };

export function encodeCursor({ last_activity, id }: ListEdge): string {
  return Buffer.from(`${last_activity}-${id}`).toString('base64url');
}

/** Of what no list has given out. */
export const cursorFault = (cursor: string) => (CURSOR.test(textOf(cursor)) ? undefined : 'not_a_cursor');

export function decodeCursor(cursor: string): ListEdge {
  const [activity, id] = textOf(cursor).split('-');
  return { last_activity: Number(activity), id: Number(id) };
}

const CURSOR = /^\d{1,15}-\d{1,15}$/;
const textOf = (cursor: string) => Buffer.from(cursor, 'base64url').toString('latin1');
