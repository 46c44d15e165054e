import type { Database } from '../../src/db/database.ts';
import { textOf } from '../../src/db/statement.ts';

const tables = [
  'settings',
  'users',
  'user_words',
  'sessions',
  'refresh_tokens',
  'containers',
  'counters',
  'rooms',
  'conversations',
  'members',
  'bans',
  'messages',
  'message_revisions',
  'mentions',
  'reactions',
  'events',
  'audit_log',
  'idempotency_keys',
];

/** Every row of every table, a line each. When people were last seen is left out: reading changes it. */
export async function stateOf(db: Database): Promise<string> {
  const lines: string[] = [];
  for (const table of tables) {
    const rows = await db.reader.all(textOf(`select * from ${table}`), []);
    const written = rows.map(({ last_seen, ...row }) => `${table} ${JSON.stringify(row)}`);
    lines.push(...written.sort());
  }
  return lines.join('\n');
}
