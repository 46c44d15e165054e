import type { Generated } from 'kysely';
import type { Flag } from './tables.ts';

export interface WebhookRow {
  id: Generated<number>;
  /** Whoever made it, or has switched it on again: it ends with his right to it. */
  user_id: number;
  /** Null for the whole server. */
  room_id: number | null;
  url: string;
  /** Sealed (modules/auth/vault.ts). */
  secret: string;
  /** Sealed; signs beside the secret until `next_secret_at`, and takes its place then. */
  next_secret: string | null;
  next_secret_at: number | null;
  is_active: Flag;
  disabled_reason: string | null;
  /** Since when every attempt has failed. */
  failing_since: number | null;
  version: number;
  created_at: number;
  updated_at: number;
}

/** A span of events of which the deliveries of one webhook are still to be laid out. */
export interface ReplayRow {
  webhook_id: number;
  from_at: number;
  to_at: number;
  /** The events that are still to be looked at. */
  next_id: number;
  last_id: number;
  created_at: number;
}

export interface DeliveryRow {
  id: Generated<number>;
  webhook_id: number;
  /** Null for a test. */
  event_id: number | null;
  /** What the receiver knows it by, the same at each attempt. */
  message_id: string;
  event: string;
  status: 'pending' | 'delivered' | 'failed' | 'exhausted';
  attempts: number;
  /** Attempts since it was last taken up: its place in the schedule. */
  step: number;
  /** When it is attempted next, or again if nobody tells how the running attempt ended; null when it is over. */
  due_at: number | null;
  /** The process that attempts it just now. */
  claimed_by: string | null;
  /** What is sent, made at the first attempt. */
  body: string | null;
  /** The trace of the request that caused it. */
  traceparent: string | null;
  about_message_id: number | null;
  response_code: number | null;
  duration_ms: number | null;
  response_excerpt: string | null;
  error: string | null;
  created_at: number;
}
