import { invalidField } from '../../errors.ts';

/** Where a page of people begins: just after this one. */
export interface PeopleEdge {
  /** Epoch milliseconds. */
  readonly created_at: number;
  readonly user_id: number;
}

/** Before everybody. */
export const peopleStart: PeopleEdge = { created_at: 0, user_id: 0 };

export function encodeCursor({ created_at, user_id }: PeopleEdge): string {
  return Buffer.from(`${created_at}-${user_id}`).toString('base64url');
}

/** Raises 400 for what no page has given out. */
export function decodeCursor(cursor: string): PeopleEdge {
  const [, at, id] = /^(\d{1,15})-(\d{1,15})$/.exec(Buffer.from(cursor, 'base64url').toString('latin1')) ?? [];
  if (at === undefined || id === undefined) throw invalidField('cursor', 'not_a_cursor');
  return { created_at: Number(at), user_id: Number(id) };
}
