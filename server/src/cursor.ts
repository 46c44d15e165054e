/** Where a page begins: just after the entry with these two numbers, by which its list is sorted. */
export type Edge = readonly [at: number, id: number];

export function encodeCursor([at, id]: Edge): string {
  return Buffer.from(`${at}-${id}`).toString('base64url');
}

/** The rule of a `cursor` in a schema: a fault in what no page has given out. */
export const cursorFault = (cursor: string) => (CURSOR.test(textOf(cursor)) ? undefined : 'not_a_cursor');

/** Of a cursor in which `cursorFault` has found none. */
export function decodeCursor(cursor: string): Edge {
  const [at, id] = textOf(cursor).split('-');
  return [Number(at), Number(id)];
}

const CURSOR = /^\d{1,15}-\d{1,15}$/;
const textOf = (cursor: string) => Buffer.from(cursor, 'base64url').toString('latin1');
