import { allowOnMessage } from '../access.ts';
import type { Ctx } from '../context.ts';
import { invalid } from '../errors.ts';
import { blockConversation, listConversations, openConversation } from '../modules/conversations/conversations.ts';
import type { Shape } from '../modules/events/facts.ts';
import { deleteMessage } from '../modules/messages/delete.ts';
import { editMessage } from '../modules/messages/edit.ts';
import { pinMessage } from '../modules/messages/pin.ts';
import { sendMessage } from '../modules/messages/send.ts';
import { addReaction } from '../modules/reactions/add.ts';
import { listReactions } from '../modules/reactions/list.ts';
import { removeReaction } from '../modules/reactions/remove.ts';
import { command, shapeOf } from './command.ts';
import { messageShape } from './frames.ts';
import { refuseElsewhere } from './room_commands.ts';
import {
  BlockDirect,
  CreateDirect,
  DeleteMessage,
  EditMessage,
  ListDirect,
  OnMessage,
  Pin,
  React,
  SendDirect,
  SendMessage,
  Unpin,
} from './schema.ts';

export const messageCommands = {
  send_message: command({
    data: SendMessage,
    limit: 'send',
    action: 'message.send',
    summary: 'Send a message into a room',
    answer: 'message_sent',
    run: (ctx, { room_id, ...words }) => send(ctx, 'room', room_id, words),
  }),
  send_dm: command({
    data: SendDirect,
    limit: 'send',
    action: 'message.send',
    summary: 'Send a direct message',
    answer: 'message_sent',
    run: (ctx, { conversation_id, ...words }) => send(ctx, 'conversation', conversation_id, words),
  }),
  edit_message: command({
    data: EditMessage,
    limit: 'change',
    action: 'message.edit',
    summary: 'Edit a message',
    run: async (ctx, { message_id, ...body }) => told(shapeOf(await editMessage(ctx, message_id, body))),
  }),
  delete_message: command({
    data: DeleteMessage,
    limit: 'change',
    action: 'message.delete',
    summary: 'Delete a message',
    run: async (ctx, { message_id, reason }) => {
      await deleteMessage(ctx, message_id, reason);
      return { message_id };
    },
  }),
  pin_message: command({
    data: Pin,
    limit: 'change',
    action: 'message.pin',
    summary: 'Pin or unpin a message',
    run: (ctx, { room_id, message_id, pin }) => setPin(ctx, room_id, message_id, pin),
  }),
  unpin_message: command({
    data: Unpin,
    limit: 'change',
    action: 'message.pin',
    summary: 'Unpin a message',
    run: (ctx, { room_id, message_id }) => setPin(ctx, room_id, message_id, false),
  }),
  add_reaction: command({
    data: React,
    limit: 'change',
    action: 'reaction.add',
    summary: 'React to a message',
    run: async (ctx, { message_id, emoji }) => shapeOf(await addReaction(ctx, message_id, emoji)),
  }),
  remove_reaction: command({
    data: React,
    limit: 'change',
    action: 'reaction.remove',
    summary: 'Take a reaction back',
    run: async (ctx, { message_id, emoji }) => {
      await removeReaction(ctx, message_id, emoji);
      return { message_id, emoji };
    },
  }),
  get_reactions: command({
    data: OnMessage,
    limit: 'default',
    action: 'message.list',
    summary: 'The reactions to a message',
    answer: 'message_reactions',
    run: async (ctx, { message_id }) => shapeOf(await listReactions(ctx, message_id, { limit: 50 })),
  }),
  create_dm: command({
    data: CreateDirect,
    limit: 'create',
    action: 'conversation.create',
    summary: 'Open the conversation with somebody',
    answer: 'dm_created',
    run: async (ctx, { user1_id, user2_id }) => {
      const others = [user1_id, user2_id].filter((id) => id !== ctx.actor.userId);
      if (others.length === 2) throw invalid([{ field: 'user1_id', reason: 'neither_is_you' }]);
      const { id, is_blocked, created_at } = shapeOf(await openConversation(ctx, others[0] ?? ctx.actor.userId));
      return { conversation_id: id, user1_id, user2_id, is_blocked, created_at };
    },
  }),
  block_dm: command({
    data: BlockDirect,
    limit: 'default',
    action: 'conversation.block',
    summary: 'Block or unblock the other side',
    answer: 'dm_blocked',
    run: async (ctx, { conversation_id, block }) => {
      const { is_blocked, blocked_by_me } = shapeOf(await blockConversation(ctx, conversation_id, block));
      return { conversation_id, is_blocked, blocked_by_me };
    },
  }),
  list_dms: command({
    data: ListDirect,
    limit: 'default',
    action: 'conversation.list',
    summary: 'My conversations, newest activity first',
    answer: 'dm_list',
    run: async (ctx, { limit }) => {
      const list = shapeOf(await listConversations(ctx, { limit, offset: 0, include_last_message: true }));
      return { conversations: (list.conversations as Shape[]).map(conversationShape), has_more: list.has_more };
    },
  }),
};

interface Words {
  readonly content?: string;
  readonly parent_id?: number | null;
  readonly metadata?: Record<string, unknown> | null;
  readonly file_ids?: readonly number[];
}

async function send(ctx: Ctx, kind: 'room' | 'conversation', id: number, { parent_id, ...words }: Words) {
  const body = parent_id === undefined ? words : { ...words, parent_message_id: parent_id };
  const message = shapeOf(await sendMessage(ctx, kind, id, body));
  const place = kind === 'room' ? { room_id: id } : { conversation_id: id };
  const client_id = (message.metadata as Shape).client_id ?? null;
  return { message_id: message.id, ...place, ...messageShape(message), client_id };
}

async function setPin(ctx: Ctx, roomId: number | undefined, messageId: number, pinned: boolean) {
  if (roomId !== undefined) {
    const { message } = await allowOnMessage(ctx, 'message.pin', messageId);
    refuseElsewhere(message.container_id, roomId);
  }
  return told(shapeOf(await pinMessage(ctx, messageId, pinned)));
}

const told = (message: Shape): Shape => ({
  message_id: message.id,
  room_id: message.room_id,
  conversation_id: message.conversation_id,
  ...messageShape(message),
});

function conversationShape(conversation: Shape): Shape {
  const { id, other_user, last_message, unread_count, is_blocked } = conversation;
  const { id: user_id, username, is_online, last_seen } = other_user as Shape;
  const last = last_message as Shape | null;
  return {
    conversation_id: id,
    other_user: { user_id, username, is_online, last_seen },
    last_message: last && { content: last.content, author_id: last.author_id, created_at: last.created_at },
    unread_count,
    is_blocked,
  };
}
