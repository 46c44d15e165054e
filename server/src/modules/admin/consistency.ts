import { allow } from '../../access.ts';
import { type Answer, ok } from '../../answer.ts';
import type { Ctx } from '../../context.ts';
import type { Database, Reader } from '../../db/database.ts';
import { type Difference, recount } from '../../db/recount.ts';
import { type EventType, eventCatalogue } from '../../events.ts';
import { counterRecounts } from './recounts_of_containers_store.ts';
import { fileRecounts } from './recounts_of_files_store.ts';
import { countChecked, messageRecounts } from './recounts_of_messages_store.ts';
import { statisticsRecounts } from './recounts_of_statistics_store.ts';
import { webhookRecounts } from './recounts_of_webhooks_store.ts';

const auditedTypes = (Object.keys(eventCatalogue) as EventType[]).filter((type) => eventCatalogue[type].audited);
const recounts = [
  ...counterRecounts,
  ...messageRecounts(auditedTypes),
  ...statisticsRecounts,
  ...fileRecounts,
  ...webhookRecounts,
];

/** The recount that runs on a database: it reads everything, so whoever asks meanwhile gets its answer too. */
const running = new WeakMap<Database, Promise<Answer>>();

/** Proves the numbers kept beside the rows against a recount, all in one moment. */
export function getConsistency(ctx: Ctx): Promise<Answer> {
  allow(ctx, 'admin.read');
  const { db } = ctx.deps;
  let proof = running.get(db);
  if (!proof) {
    proof = db.snapshot(prove).finally(() => running.delete(db));
    running.set(db, proof);
  }
  return proof;
}

async function prove(db: Reader): Promise<Answer> {
  const found = await differences(db);
  return ok({ ok: found.length === 0, checked: await countChecked(db), differences: found });
}

/** Where what is stored is not what counting gives. Concurrent writes show as differences unless `db` sees one moment. */
export async function differences(db: Reader): Promise<Difference[]> {
  const found: Difference[] = [];
  for (const each of recounts) found.push(...(await recount(db, each)));
  return found;
}
