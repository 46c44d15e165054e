import assert from 'node:assert/strict';
import type { Reader } from '../../src/db/database.ts';
import { textOf } from '../../src/db/statement.ts';
import { differences } from '../../src/modules/admin/consistency.ts';
import { record } from './record.ts';

/** What holds when a test is over, whatever it did: every number is what counting gives, each audited event has its audit row. */
export async function checkLog(db: Reader): Promise<void> {
  for (const { type } of await db.all(textOf('select distinct type from events'), [])) record(`emitted ${type}`);
  assert.deepEqual(await differences(db), [], 'the numbers kept beside the rows');
}
