import { setTimeout as sleep } from 'node:timers/promises';
import type { App } from '../../src/app.ts';
import { isHeldBack } from '../../src/log/read.ts';

/** Until all that is committed can be read: transactions of other tests on the same cluster keep it back while they last. */
export async function settled({ deps }: Pick<App, 'deps'>): Promise<void> {
  while (await isHeldBack(deps.db.reader)) await sleep(5);
}
