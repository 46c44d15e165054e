import { randomUUID } from 'node:crypto';
import type { CommitPosition } from '../../db/commit_order.ts';
import type { Reader } from '../../db/database.ts';
import { directNames, eventCatalogue } from '../../events.ts';
import { type LoggedEvent, readUpTo } from '../../log/read.ts';
import { loadFacts, type Telling } from '../events/facts.ts';
import { findPlaces } from '../events/facts_store.ts';
import { renderBody } from './render.ts';
import { headersOf } from './signature.ts';

/** An event, and what webhooks call it. */
export interface Named {
  readonly event: LoggedEvent;
  readonly name: string;
}

/** Events looked at by one statement. */
const AT_ONCE = 256;
/** Bodies say of which webhook they are; here there is none. */
const WEBHOOK_ID = 1;

/** Those of the events that a webhook of the server is told of when it has asked for these: the rule of log/enqueue.ts. */
export async function pickNamed(
  db: Reader,
  events: readonly LoggedEvent[],
  names: ReadonlySet<string>,
): Promise<Named[]> {
  const kinds: Record<string, { readonly webhook: boolean } | undefined> = eventCatalogue;
  const hooked = events.filter(({ type }) => kinds[type]?.webhook);
  const places = await findPlaces.all(db, [...new Set(hooked.map(({ container_id }) => container_id ?? 0))]);
  const direct = new Set(places.filter(({ visibility }) => visibility === 'direct').map(({ id }) => id));
  return hooked
    .map((event) => ({ event, name: nameOf(event, direct.has(event.container_id ?? 0)) }))
    .filter(({ name }) => names.has(name));
}

function nameOf({ type }: LoggedEvent, isDirect: boolean): string {
  return isDirect ? (directNames[type] ?? '') : type;
}

/** The last so many of them up to a place, in their order. */
export async function lastNamed(
  db: Reader,
  end: CommitPosition,
  names: ReadonlySet<string>,
  count: number,
): Promise<Named[]> {
  let found: Named[] = [];
  let place = end;
  for (;;) {
    const events = await readUpTo(db, place, AT_ONCE);
    const fresh = place === end ? events : events.slice(1);
    found = [...(await pickNamed(db, fresh.toReversed(), names)), ...found];
    const last = fresh.at(-1);
    if (found.length >= count || last === undefined || events.length < AT_ONCE) return found.slice(-count);
    place = last;
  }
}

export interface Delivery {
  readonly id: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What a webhook with this secret would be sent now. Whose request it was the log does not know, so that there is no `traceparent`. */
export async function deliveryOf(ctx: Telling, { event, name }: Named, secret: string): Promise<Delivery> {
  const id = `evt_${randomUUID()}`;
  const named = { id, event: name, webhook_id: WEBHOOK_ID };
  const body = await renderBody(ctx, event, named, await loadFacts(ctx, [event]));
  const signed = { body, messageId: id, event: name, traceparent: null, at: ctx.now };
  return { id, headers: headersOf({ ...signed, secrets: [secret] }), body };
}
