import type { Deps } from '../../context.ts';
import { type Audience, readEvents } from '../../events.ts';
import type { LoggedEvent } from '../../log/read.ts';
import type { Viewing } from '../users/presence.ts';
import { findAdmins, findPlaces, findPlacesOf, findRoots } from './facts_store.ts';

export type Shape = Record<string, unknown>;

export interface Place {
  readonly id: number;
  readonly visibility: 'public' | 'private' | 'direct' | 'deleted';
  /** Null for a conversation. */
  readonly name: string | null;
  readonly member_count: number | null;
}

/** What telling of events takes; a `Ctx` has it, and so does who follows the log beside a server. */
export interface Telling extends Viewing {
  readonly deps: Viewing['deps'] & {
    readonly messages: { readonly fragments: Pick<Deps['messages']['fragments'], 'forNobody'> };
  };
}

/** What several events need, loaded for all of them at once: things as they are now. */
export interface Facts {
  readonly places: ReadonlyMap<number, Place>;
  /** Messages as REST shows them to nobody in particular; what became of their threads is in `root`. */
  readonly messages: ReadonlyMap<number, Shape>;
  /** Where the people are, or were, whose profiles have changed: what they wrote there bears their name. */
  readonly placesOf: ReadonlyMap<number, readonly number[]>;
  /** Who is shown more of profiles; nobody where there are none. */
  readonly admins: readonly number[];
}

const WORDS_GONE = { content: null, metadata: {}, reactions: {}, mentions: [], attachments: [], is_deleted: true };

export async function loadFacts(ctx: Telling, events: readonly LoggedEvent[]): Promise<Facts> {
  const places = new Map<number, Place>();
  for (const place of await findPlaces.all(ctx.db, distinct(events.map(({ container_id }) => container_id))))
    places.set(place.id, place);
  const messages = await loadMessages(ctx, events, places);
  const admins = events.some(({ type }) => isOfAccount(type)) ? await findAdmins.all(ctx.db, {}) : [];
  return { places, messages, placesOf: await loadPlacesOf(ctx, events), admins: admins.map(({ id }) => id) };
}

const kinds: Readonly<Record<string, { readonly to: Audience; readonly as: string } | undefined>> = readEvents;

/** Whether a profile is told. */
export function isOfAccount(type: string): boolean {
  const as = kinds[type]?.as;
  return as === 'user_created' || as === 'user_updated';
}

async function loadMessages(ctx: Telling, events: readonly LoggedEvent[], places: Facts['places']) {
  const ids = distinct(events.map(({ message_id }) => message_id));
  const texts = await ctx.deps.messages.fragments.forNobody(ctx.db, ids);
  const messages = new Map<number, Shape>();
  for (const [id, text] of texts) messages.set(id, JSON.parse(text) as Shape);
  const all = [...messages.values()];
  const roots = new Map(
    (await findRoots.all(ctx.db, distinct(all.map(({ parent_message_id }) => parent_message_id as number | null)))).map(
      ({ id, thread_count, version }) => [id, { message_id: id, thread_count, version }],
    ),
  );
  for (const message of all) {
    message.user_id = message.author_id;
    const root = roots.get(message.parent_message_id as number);
    if (root) message.root = root;
    // In a deleted room nothing has words any more.
    if (places.get(message.room_id as number)?.visibility === 'deleted') Object.assign(message, WORDS_GONE);
  }
  return messages;
}

async function loadPlacesOf(ctx: Telling, events: readonly LoggedEvent[]): Promise<Facts['placesOf']> {
  const people = events.filter(({ type }) => kinds[type]?.to === 'acquaintances').map(({ user_id }) => user_id);
  const found = await findPlacesOf.all(ctx.db, distinct(people));
  const byPerson = Map.groupBy(found, ({ user_id }) => user_id);
  return new Map([...byPerson].map(([id, rows]) => [id, rows.map(({ container_id }) => container_id)]));
}

const distinct = (ids: readonly (number | null)[]): number[] => [
  ...new Set(ids.filter((id): id is number => id !== null && id !== undefined)),
];
