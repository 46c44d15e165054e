/** What an action gives back: REST makes a response of it, a socket an acknowledgement. */
export interface Answer {
  readonly status: 200 | 201 | 204;
  /** Shaped by the route's schema when sent. */
  readonly data?: unknown;
  /** The same, already serialised by its presenter. */
  readonly json?: string;
  /** True when an idempotency key found its first answer. */
  readonly replayed?: boolean;
}

export const ok = (data: unknown): Answer => ({ status: 200, data });
export const okJson = (json: string): Answer => ({ status: 200, json });
export const created = (data: unknown): Answer => ({ status: 201, data });
export const createdJson = (json: string, replayed = false): Answer => ({ status: 201, json, replayed });
export const noContent: Answer = { status: 204 };
