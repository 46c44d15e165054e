import { timestamp } from '../../timestamp.ts';
import type { Ranking } from './authors.ts';
import { dateOf, dayOf, HOURS_OF_A_DAY, hourOf, type Period, startOf } from './hours.ts';

interface Hour {
  readonly hour: number;
  readonly messages: number;
  readonly joins: number;
  readonly reactions: number;
}

interface RoomFigures extends Ranking {
  readonly room: { readonly id: number; readonly pinned_count: number };
  readonly period: Period;
  /** First hour. */
  readonly since: number;
  readonly now: number;
  readonly hours: readonly Hour[];
  readonly names: ReadonlyMap<number, string>;
}

export function presentRoom({ room, period, since, now, hours, authors, top, names }: RoomFigures) {
  const total = (name: 'messages' | 'joins' | 'reactions') => hours.reduce((sum, hour) => sum + hour[name], 0);
  return {
    room_id: room.id,
    period,
    message_count: total('messages'),
    active_users: authors,
    new_members: total('joins'),
    pinned_messages: room.pinned_count,
    reactions_count: total('reactions'),
    peak_activity: peakOf(hours),
    top_contributors: top.map(({ author_id, messages }) => ({
      user_id: author_id,
      username: names.get(author_id) ?? '',
      message_count: messages,
    })),
    messages_by_day: byDay(hours, since, now),
  };
}

/** The hour with the most messages, the earliest of several; null when nobody wrote. */
function peakOf(hours: readonly Hour[]) {
  const peak = hours.reduce<Hour | undefined>(
    (best, hour) => (hour.messages > (best?.messages ?? 0) ? hour : best),
    undefined,
  );
  if (!peak) return null;
  return { date: dateOf(peak.hour), hour: peak.hour % HOURS_OF_A_DAY, message_count: peak.messages };
}

/** Every day that the period touches, oldest first, also those on which nobody wrote. */
function byDay(hours: readonly Hour[], since: number, now: number) {
  const counts = new Map<number, number>();
  for (let day = dayOf(since); day <= dayOf(hourOf(now)); day++) counts.set(day, 0);
  for (const { hour, messages } of hours) counts.set(dayOf(hour), (counts.get(dayOf(hour)) ?? 0) + messages);
  return [...counts].map(([day, count]) => ({ date: dateOf(day * HOURS_OF_A_DAY), count }));
}

/** The last 24 hours, the present one last. */
export function byHour(found: readonly { hour: number; value: number }[], now: number) {
  const values = new Map(found.map(({ hour, value }) => [hour, value]));
  const present = hourOf(now);
  return Array.from({ length: HOURS_OF_A_DAY }, (_, index) => {
    const hour = present - HOURS_OF_A_DAY + 1 + index;
    return { hour: timestamp(startOf(hour)), count: values.get(hour) ?? 0 };
  });
}
