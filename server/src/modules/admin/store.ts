import { sql } from 'kysely';
import { change, query } from '../../db/statement.ts';
import type { Flag, UserRow } from '../../db/tables.ts';

/** Admins who can act, besides one person. */
export const findOtherAdmin = query((q, p: { id: number }) =>
  q
    .selectFrom('users')
    .where('role', '=', 'admin')
    .where('is_suspended', '=', 0)
    .where('is_deleted', '=', 0)
    .where('id', '!=', p.id)
    .select('id')
    .limit(1),
);

/** A profile shows the role, and when it has changed; a suspension is for admins to know. */
export const updateStanding = change((q, p: { id: number; role: UserRow['role']; is_suspended: Flag; now: number }) =>
  q
    .updateTable('users')
    .set({
      role: p.role,
      is_suspended: p.is_suspended,
      version: sql<number>`version + 1`,
      updated_at: sql<number>`case when role = ${p.role} then updated_at else ${p.now} end`,
    })
    .where('id', '=', p.id),
);
