import { timestamp } from '../../timestamp.ts';
import { attachmentsJson } from '../files/present.ts';
import type { Attachment } from '../files/store.ts';
import { reactionsJson } from '../reactions/present.ts';
import type { ReactionOfMessage } from '../reactions/store.ts';
import type { MessageOfContainer } from './store.ts';

/** A whole message, for a viewer who put nothing on it. Ends with his reactions, so that bytes made once can be given another end. */
export function messageJson(
  message: MessageOfContainer,
  reactions: readonly ReactionOfMessage[],
  attachments: readonly Attachment[] = [],
): string {
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
    `,"attachments":${attachmentsJson(attachments)},"metadata":${message.metadata},"created_at":"${created}"` +
    `,"updated_at":"${message.updated_at === message.created_at ? created : timestamp(message.updated_at)}"` +
    `,"edited_at":${message.edited_at === null ? 'null' : `"${timestamp(message.edited_at)}"`},"version":${message.version},"my_reactions":[]}`
  );
}

const NOTHING_OWN = '[]}';

/** How many characters, and bytes, of a message come before what the viewer put on it. */
export const sharedLength = (message: { readonly length: number }): number => message.length - NOTHING_OWN.length;

/** What takes the place of the end for a viewer who put something on it. */
export const ownEnd = (emoji: readonly string[]): string => `${JSON.stringify(emoji)}}`;

export function withOwnReactions(message: string, emoji: readonly string[] | undefined): string {
  return emoji === undefined ? message : message.slice(0, sharedLength(message)) + ownEnd(emoji);
}
