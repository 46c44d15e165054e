import assert from 'node:assert/strict';
import { Value } from 'typebox/value';
import type { Reader } from '../../src/db/database.ts';
import { textOf } from '../../src/db/statement.ts';
import { type EventType, eventCatalogue } from '../../src/events.ts';
import { differences } from '../../src/modules/admin/consistency.ts';
import { record } from './record.ts';

/** What holds when a test is over, whatever it did: every number is what counting gives, each audited event has its audit row, and each carries what the catalogue lets it. */
export async function checkLog(db: Reader): Promise<void> {
  for (const { type } of await db.all(textOf('select distinct type from events'), [])) record(`emitted ${type}`);
  for (const { type, data } of await db.all(textOf('select distinct type, data from events'), [])) {
    const schema = eventCatalogue[type as EventType].data;
    assert.ok(Value.Check(schema, JSON.parse(String(data))), `${type} may not carry ${data}`);
  }
  assert.deepEqual(await differences(db), [], 'the numbers kept beside the rows');
}
