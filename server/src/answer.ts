/** What an action gives back: REST makes a response of it, a socket an acknowledgement. */
export interface Answer {
  readonly status: 200 | 201 | 204;
  /** Shaped by the route's schema when sent. */
  readonly data?: unknown;
  /** The same, already serialised by its presenter. */
  readonly json?: string;
  /** The same again, as bytes that are kept and only have to be put in a row. */
  readonly page?: PageOfBytes;
  /** True when an idempotency key found its first answer. */
  readonly replayed?: boolean;
}

export interface PageOfBytes {
  readonly parts: readonly Buffer[];
  /** Differs whenever the parts do, and is much shorter. */
  readonly digest: string;
}

export const ok = (data: unknown): Answer => ({ status: 200, data });
export const okJson = (json: string): Answer => ({ status: 200, json });
export const okPage = (page: PageOfBytes): Answer => ({ status: 200, page });
export const created = (data: unknown): Answer => ({ status: 201, data });
export const createdJson = (json: string, replayed = false): Answer => ({ status: 201, json, replayed });
export const noContent: Answer = { status: 204 };
