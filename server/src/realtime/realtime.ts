import type { Hub } from './hub.ts';
import type { Presence } from './presence.ts';
import type { Typing } from './typing.ts';

/** What happens between people who are connected just now. */
export interface Realtime {
  readonly hub: Hub;
  readonly presence: Presence;
  readonly typing: Typing;
}
