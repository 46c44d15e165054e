import type { Generated } from 'kysely';
import type { BlobRow, FileRow, ThumbnailRow, UsageRow } from './tables_of_files.ts';
import type { DeliveryRow, ReplayRow, WebhookRow } from './tables_of_webhooks.ts';

/** The tables as the code sees them on both engines: times are epoch milliseconds, flags 0 or 1, JSON is text. */
export interface Tables {
  settings: { key: string; value: string };
  users: UserRow;
  user_words: { word: string; user_id: number };
  sessions: SessionRow;
  refresh_tokens: RefreshTokenRow;
  containers: ContainerRow;
  /** What would take a scan to count, by name; changed with what it counts. */
  counters: { name: CounterName; value: number };
  rooms: RoomRow;
  conversations: { id: number; low_user_id: number; high_user_id: number };
  members: MemberRow;
  bans: BanRow;
  messages: MessageRow;
  message_revisions: RevisionRow;
  mentions: { user_id: number; container_id: number; seq: number; message_id: number };
  reactions: { container_id: number | null; message_id: number; emoji: string; user_id: number; created_at: number };
  events: EventRow;
  audit_log: AuditRow;
  audit_seals: AuditSealRow;
  audit_marks: AuditMarkRow;
  idempotency_keys: IdempotencyRow;
  /** What happened in a room in an hour (hours since 1970, UTC): living messages, joins, reactions that stand. */
  room_hours: { container_id: number; hour: number; messages: number; joins: number; reactions: number };
  /** The same of its authors; days that are over stand in their first hour. */
  room_author_hours: { container_id: number; hour: number; author_id: number; messages: number };
  /** Of the whole server, by the hour, and in hour 0 of all time. A number is the sum of its stripes, so that writers do not wait for each other. */
  tallies: { name: TallyName; hour: number; stripe: number; value: number };
  webhooks: WebhookRow;
  /** What webhooks have asked for; `room_id` 0 is every room. */
  webhook_subscriptions: { room_id: number; event: string; webhook_id: number; position: number };
  deliveries: DeliveryRow;
  webhook_replays: ReplayRow;
  blobs: BlobRow;
  thumbnails: ThumbnailRow;
  files: FileRow;
  storage_usage: UsageRow;
  /** The processes that run on this database; `seen_at` is by the database's own clock. */
  nodes: { id: string; version: string; started_at: number; seen_at: number };
  /** Which of them does what is done once. */
  leases: { work: string; node_id: string };
}

export type Flag = 0 | 1;
export type Status = 'online' | 'away' | 'busy' | 'invisible';
export type CounterName = 'rooms_public' | 'rooms_private' | 'users' | 'conversations' | 'files' | 'file_bytes';
export type TallyName = 'messages' | 'reactions';

export interface UserRow {
  id: Generated<number>;
  uuid: string;
  username: string;
  /** Lower case; unique. */
  username_key: string;
  email: string;
  email_key: string;
  display_name: string | null;
  avatar_url: string | null;
  status_message: string | null;
  role: 'user' | 'moderator' | 'admin' | 'guest' | 'bot';
  password_hash: string | null;
  is_suspended: Flag;
  is_deleted: Flag;
  renamed_at: number | null;
  last_seen: number;
  /** How this person wants to be seen while connected. */
  status: Generated<Status>;
  /** Since when nothing shows that he is here; null unless invisible. */
  invisible_since: number | null;
  version: number;
  created_at: number;
  updated_at: number;
}

export interface SessionRow {
  id: string;
  user_id: number;
  user_agent: string;
  address: string;
  created_at: number;
  last_used_at: number;
  expires_at: number;
  ended_at: number | null;
}

export interface RefreshTokenRow {
  token_hash: string;
  session_id: string;
  created_at: number;
  expires_at: number;
  spent_at: number | null;
}

/** What rooms and conversations share: one id sequence, one message path, the counters (docs/decisions/0003). */
export interface ContainerRow {
  id: Generated<number>;
  uuid: string;
  visibility: 'public' | 'private' | 'direct' | 'deleted';
  last_seq: number;
  /** Living messages, and those of them that are no replies. */
  message_count: number;
  root_count: number;
  pinned_count: number;
  pinned_root_count: number;
  file_count: Generated<number>;
  last_activity: number;
  created_at: number;
}

export interface RoomRow {
  id: number;
  name: string;
  name_folded: string;
  description: string | null;
  topic: string | null;
  is_archived: Flag;
  auto_join: Flag;
  owner_id: number;
  member_count: number;
  max_members: number;
  slow_mode_seconds: number;
  metadata: string;
  version: number;
  updated_at: number;
}

export interface MemberRow {
  container_id: number;
  user_id: number;
  role: 'owner' | 'moderator' | 'member' | 'peer';
  joined_at: number;
  left_at: number | null;
  /** The event that ended access: the last one of the container this person sees. */
  left_event: number | null;
  last_read_seq: number;
  /** Messages above the mark that do not count: own ones and deleted ones. */
  skipped_count: number;
  mention_count: number;
  muted_until: number | null;
  /** Set by a side of a conversation against the other. */
  has_blocked: Flag;
  last_sent_at: number;
}

export interface BanRow {
  container_id: number;
  user_id: number;
  moderator_id: number;
  reason: string | null;
  until: number | null;
  created_at: number;
}

export interface MessageRow {
  id: Generated<number>;
  uuid: string;
  container_id: number;
  seq: number;
  author_id: number;
  /** Null once deleted. */
  content: string | null;
  parent_id: number | null;
  reply_to_id: number | null;
  thread_count: number;
  is_pinned: Flag;
  /** In lists: living, or a tombstone that still has replies. */
  is_listed: Flag;
  edit_count: number;
  edited_at: number | null;
  reaction_count: number;
  attachment_count: Generated<number>;
  version: number;
  /** JSON array of user ids. */
  mentions: string;
  metadata: string;
  client_id: string | null;
  payload_hash: string | null;
  deleted_at: number | null;
  created_at: number;
  updated_at: number;
}

export interface RevisionRow {
  id: Generated<number>;
  /** Null in what a version before wrote, as in reactions. */
  container_id: number | null;
  message_id: number;
  version: number;
  content: string;
  edit_reason: string | null;
  editor_id: number;
  created_at: number;
}

export interface EventRow {
  id: Generated<number>;
  stream: string;
  type: string;
  actor_id: number;
  container_id: number | null;
  message_id: number | null;
  user_id: number | null;
  version: number | null;
  data: string;
  created_at: number;
}

export interface AuditRow {
  id: Generated<number>;
  event_id: number;
  container_id: number | null;
  action: string;
  /** Who it happened to. */
  user_id: number | null;
  actor_id: number;
  details: string;
  address: string;
  created_at: number;
}

/** A link of the chain over the audit log; digests are salted, so that they say nothing once the salt is gone. */
export interface AuditSealRow {
  /** 1, 2, 3 … */
  seq: number;
  audit_id: number;
  key_id: string;
  address_salt: string | null;
  address_digest: string;
  address_erased: string | null;
  words_salt: string | null;
  words_digest: string;
  words_erased: string | null;
  mac: string;
}

/** A signed place in the chain: where it ends, and where it begins since what was before has been dropped. */
export interface AuditMarkRow {
  name: 'head' | 'checkpoint';
  seq: number;
  mac: string;
  /** Of the row at that place. */
  xid: string;
  audit_id: number;
  at: number;
  key_id: string;
  signature: string;
}

export interface IdempotencyRow {
  actor_id: number;
  scope: string;
  key: string;
  payload_hash: string;
  status: number;
  body: string;
  created_at: number;
}
