/** Requests of the server to addresses that people have given it. */
export interface Outgoing {
  /** Whether a target leads where nothing may be sent. A name that does not resolve leads nowhere yet. */
  isForbidden(url: URL): Promise<boolean>;
  /** Never rejects: what went wrong is in the outcome. `signal` cuts it off. */
  post(url: URL, request: Post, signal?: AbortSignal): Promise<Outcome>;
  close(): Promise<void>;
}

export interface Post {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type OutgoingError =
  | 'forbidden_address'
  | 'http_not_allowed'
  | 'name_not_resolved'
  | 'connect_timeout'
  | 'connection_refused'
  | 'connection_closed'
  | 'not_http'
  | 'tls'
  | 'timeout'
  | 'not_sent';

export interface Outcome {
  readonly statusCode: number | null;
  readonly durationMs: number;
  /** The beginning of what was answered. */
  readonly excerpt: string | null;
  /** The header `Retry-After`, as milliseconds from now. */
  readonly retryAfterMs: number | null;
  readonly error: OutgoingError | null;
  /** Cut off by the signal: how it would have ended is not known. */
  readonly isCutOff: boolean;
}

/** All addresses of a name; rejects when there is none. */
export type Resolve = (hostname: string) => Promise<readonly string[]>;
