import type { Deps } from '../../context.ts';
import { timestamp } from '../../timestamp.ts';
import { unreadCount } from '../read_marks/present.ts';
import { presenceOf } from '../users/presence.ts';
import type { ConversationForUser } from './store.ts';

export interface LastMessage {
  readonly id: number;
  readonly content: string | null;
  readonly author_id: number;
  readonly created_at: number;
}

/** The REST shape; `last` is left out where it was not asked for. */
export function presentConversation(
  conversation: ConversationForUser,
  deps: Pick<Deps, 'authority' | 'realtime'>,
  last: LastMessage | null | undefined,
) {
  const blockedByMe = conversation.blocked_by_me === 1;
  const isBlocked = blockedByMe || conversation.blocked_by_other === 1;
  const { other_id: id, other_last_seen: last_seen, other_created_at: created_at } = conversation;
  const { other_invisible_since: invisible_since } = conversation;
  return {
    id: conversation.id,
    uuid: `conv-${conversation.uuid}`,
    other_user: {
      id,
      username: conversation.other_username,
      display_name: conversation.other_display_name,
      avatar_url: conversation.other_avatar_url,
      ...presenceOf(deps, { id, last_seen, invisible_since, created_at }, isBlocked),
    },
    ...(last === undefined ? {} : { last_message: last && { ...last, created_at: timestamp(last.created_at) } }),
    unread_count: unreadCount(conversation),
    mention_count: conversation.mention_count,
    is_blocked: isBlocked,
    blocked_by_me: blockedByMe,
    created_at: timestamp(conversation.created_at),
    updated_at: timestamp(conversation.last_activity),
  };
}
