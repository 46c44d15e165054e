/** `data` of what clients send, by command. */
export const sentByClients: Readonly<Record<string, object>> = {
  authenticate: { token: 'eyJhbGciOiJIUzI1NiJ9.e30.x', resume: '1204' },
  ping: { timestamp: 1705321800000 },
  disconnect: { reason: 'closing the tab' },
  join_room: { room_id: 1 },
  leave_room: { room_id: 1, leave: true },
  get_history: { room_id: 1, limit: 20, before_id: 310 },
  mark_read: { room_id: 1, message_id: 311 },
  get_room_stats: { room_id: 1, period: '7d' },
  get_audit_logs: { room_id: 1, limit: 20 },
  send_message: { room_id: 1, content: 'Tea, @bob?', metadata: { client_id: '5f1c' } },
  send_dm: { conversation_id: 7, content: 'Between us.' },
  edit_message: { message_id: 311, content: 'Tea or coffee, @bob?' },
  delete_message: { message_id: 311 },
  pin_message: { message_id: 311, pin: true },
  unpin_message: { message_id: 311 },
  add_reaction: { message_id: 311, emoji: '👍' },
  remove_reaction: { message_id: 311, emoji: '👍' },
  get_reactions: { message_id: 311 },
  create_dm: { user1_id: 2, user2_id: 3 },
  block_dm: { conversation_id: 7, block: true },
  list_dms: { limit: 20 },
  update_status: { status: 'away', message: 'at lunch' },
  typing_start: { room_id: 1 },
  typing_stop: { room_id: 1 },
};

const at = '2024-01-15T12:30:00.000Z';
const later = '2024-01-15T12:45:00.000Z';
const alice = { user_id: 2, username: 'alice' };
const bob = { user_id: 3, username: 'bob' };
const message = {
  ...{ message_id: 311, id: 311, author_id: 2, username: 'alice', content: 'Tea, @bob?', parent_id: null },
  ...{ thread_count: 0, is_pinned: false, is_edited: false, is_deleted: false, created_at: at, reactions: [] },
  ...{ mention_count: 1, mentions: [3], attachments: [], reply_to_id: null, metadata: {}, seq: 42, version: 1 },
  ...{ uuid: 'msg-018d0d4e-6b80-7c4f-9a52-6f1f0e5d2c11', edit_count: 0, updated_at: at, edited_at: null },
};
const changed = { ...message, parent_message_id: null, user_id: 2, room_id: 1, conversation_id: null, version: 2 };
const reacted = { message_id: 311, room_id: 1, ...bob, emoji: '👍', version: 1, timestamp: at };

/** `data` of the frames that clients meet first. */
export const sentByServer: Readonly<Record<string, object>> = {
  hello: { heartbeat_ms: 30000, server_time: at, last_event_id: '1204' },
  auth_success: {
    ...{ ...alice, role: 'user', session_id: 'b3f0', server_time: at, expires_at: later, last_event_id: '1204' },
    user: { id: 2, username: 'alice', role: 'user', display_name: 'Alice' },
  },
  auth_error: {
    code: 'INVALID_TOKEN',
    message: 'The token is missing, invalid or expired.',
    retry_after: null,
    details: {},
  },
  resumed: { count: 3, last_event_id: '1207' },
  resume_failed: { reason: 'expired', last_event_id: '1207' },
  heartbeat: { server_time: at, last_event_id: '1207' },
  pong: { timestamp: 1705321800000, server_time: at },
  ok: { of: 'add_reaction' },
  error: {
    ...{ code: 'RATE_LIMIT_EXCEEDED', message: 'Too many requests.', severity: 'medium', retry_after: 3 },
    details: { limit: 60, window: 60 },
  },
  room_joined: {
    ...{ room_id: 1, room_name: 'General', member_count: 2, user_role: 'member', is_public: true },
    last_message_id: 310,
  },
  message_sent: { ...message, room_id: 1, client_id: '5f1c' },
  room_message: { ...message, room_id: 1, room_name: 'General', event_id: '1205' },
  dm_message: { ...message, conversation_id: 7, event_id: '1206' },
  message_updated: { ...changed, content: 'Tea or coffee, @bob?', is_edited: true, edit_count: 1, event_id: '1209' },
  message_deleted: { ...changed, content: null, is_deleted: true, mentions: [], mention_count: 0, event_id: '1210' },
  reaction_added: { ...reacted, count: 1, users: [bob], event_id: '1207' },
  reaction_removed: { ...reacted, count: 0, users: [], event_id: '1208' },
  user_joined: { room_id: 1, ...bob, member_count: 2, role: 'member', event_id: '1204' },
  user_presence: { ...bob, status: 'away', message: 'at lunch', last_seen: at, current_room: null },
  typing_start: { room_id: 1, ...bob },
  typing_stop: { room_id: 1, ...bob },
};
