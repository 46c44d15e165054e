interface Mark {
  readonly last_seq: number;
  readonly last_read_seq: number;
  readonly skipped_count: number;
}

/** Unread messages by arithmetic alone: what lies above the mark, less what never counts (docs/decisions/0003). */
export function unreadCount({ last_seq, last_read_seq, skipped_count }: Mark): number {
  return last_seq - last_read_seq - skipped_count;
}

export function markAnswer(mark: Mark & { mention_count: number; last_read_message_id: number | null }) {
  return {
    unread_count: unreadCount(mark),
    mention_count: mark.mention_count,
    last_read_message_id: mark.last_read_message_id,
  };
}
