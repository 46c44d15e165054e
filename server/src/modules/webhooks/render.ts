import type { LoggedEvent } from '../../log/read.ts';
import { timestamp } from '../../timestamp.ts';
import type { Facts, Telling } from '../events/facts.ts';
import { payloadOf } from '../events/payload.ts';
import { bodyText, type Told } from './body.ts';

/** The text that tells a webhook of an event, with things as they are now. */
export async function renderBody(
  ctx: Telling,
  event: LoggedEvent,
  named: Pick<Told, 'id' | 'event' | 'webhook_id'>,
  facts: Facts,
): Promise<string> {
  return bodyText({ ...named, timestamp: timestamp(event.created_at), data: await payloadOf(ctx, event, facts) });
}
