import { setTimeout as sleep } from 'node:timers/promises';
import type { App } from '../../src/app.ts';
import { isHeldBack, readHead } from '../../src/log/read.ts';

/** Until all that is committed can be read: transactions of other tests on the same cluster keep it back while they last. */
export async function settled({ deps }: Pick<App, 'deps'>): Promise<void> {
  while (await isHeldBack(deps.db.reader)) await sleep(5);
  // And those who are told live have been told of it.
  await deps.realtime.hub.passed(await readHead(deps.db.reader));
}
