import type { ToldEvent } from './told.ts';

const texts = new WeakMap<ToldEvent, string>();

/** An event as JSON for its readers over HTTP; made once for all who are shown the same. */
export function eventJson(event: ToldEvent, viewerId: number): string {
  const own = event.dataOf?.get(viewerId);
  if (own) return jsonOf(event, own);
  let text = texts.get(event);
  if (text === undefined) {
    text = jsonOf(event, event.data);
    texts.set(event, text);
  }
  return text;
}

function jsonOf(event: ToldEvent, data: ToldEvent['data']): string {
  const place = event.containerId === null ? {} : placeOf(event, event.containerId);
  const { id, name: type, timestamp, actorId: actor_id } = event;
  return JSON.stringify({ id: `${id}`, type, timestamp, actor_id, ...place, data });
}

const placeOf = ({ isDirect }: ToldEvent, id: number) => (isDirect ? { conversation_id: id } : { room_id: id });
