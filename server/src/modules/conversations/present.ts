import { timestamp } from '../../timestamp.ts';
import { unreadCount } from '../read_marks/present.ts';
import type { Activity } from '../users/activity.ts';
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
  activity: Activity,
  last: LastMessage | null | undefined,
) {
  const blockedByMe = conversation.blocked_by_me === 1;
  return {
    id: conversation.id,
    uuid: `conv-${conversation.uuid}`,
    other_user: {
      id: conversation.other_id,
      username: conversation.other_username,
      display_name: conversation.other_display_name,
      avatar_url: conversation.other_avatar_url,
      // Presence is counted from live sockets; over REST alone nobody has one.
      is_online: false,
      last_seen: timestamp(activity.lastSeen(conversation.other_id, conversation.other_last_seen)),
    },
    ...(last === undefined ? {} : { last_message: last && { ...last, created_at: timestamp(last.created_at) } }),
    unread_count: unreadCount(conversation),
    mention_count: conversation.mention_count,
    is_blocked: blockedByMe || conversation.blocked_by_other === 1,
    blocked_by_me: blockedByMe,
    created_at: timestamp(conversation.created_at),
    updated_at: timestamp(conversation.last_activity),
  };
}
