import { timestamp } from '../../timestamp.ts';
import { FOREVER } from '../bans/until.ts';
import type { MuteWithUser } from './store.ts';

/** The end of a mute as clients and events know it: null when there is none. */
export const endOf = (until: number | null): number | null => (until === null || until >= FOREVER ? null : until);

/** A mute as moderators see it. */
export function muteOf(mute: MuteWithUser) {
  const until = endOf(mute.muted_until);
  return {
    room_id: mute.container_id,
    user_id: mute.user_id,
    username: mute.username,
    until: until === null ? null : timestamp(until),
  };
}
