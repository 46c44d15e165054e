import { timestamp } from '../../timestamp.ts';
import { reactionsJson } from '../reactions/present.ts';
import type { ReactionOfMessage } from '../reactions/store.ts';
import type { MessageOfContainer } from './store.ts';

/** Everything of a message but what depends on the viewer, as JSON text that ends where `my_reactions` begins. */
export function messageFragment(message: MessageOfContainer, reactions: readonly ReactionOfMessage[]): string {
  const isDirect = message.visibility === 'direct';
  const isDeleted = message.content === null;
  const created = timestamp(message.created_at);
  return (
    `{"id":${message.id},"uuid":"msg-${message.uuid}","room_id":${isDirect ? 'null' : message.container_id}` +
    `,"conversation_id":${isDirect ? message.container_id : 'null'},"seq":${message.seq},"author_id":${message.author_id}` +
    `,"username":${JSON.stringify(message.username)},"content":${JSON.stringify(message.content)}` +
    `,"parent_message_id":${message.parent_id},"reply_to_id":${message.reply_to_id},"thread_count":${message.thread_count}` +
    `,"is_pinned":${message.is_pinned === 1},"is_edited":${message.edit_count > 0},"is_deleted":${isDeleted}` +
    `,"edit_count":${message.edit_count},"reactions":${reactionsJson(reactions)},"mentions":${message.mentions}` +
    `,"attachments":[],"metadata":${message.metadata},"created_at":"${created}"` +
    `,"updated_at":"${message.updated_at === message.created_at ? created : timestamp(message.updated_at)}"` +
    `,"edited_at":${message.edited_at === null ? 'null' : `"${timestamp(message.edited_at)}"`},"version":${message.version},"my_reactions":`
  );
}

/** The whole message for one viewer. */
export function withOwnReactions(fragment: string, emoji: readonly string[] | undefined): string {
  return emoji === undefined || emoji.length === 0 ? `${fragment}[]}` : `${fragment + JSON.stringify(emoji)}}`;
}
