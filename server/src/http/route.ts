import type { Static, TObject, TSchema } from 'typebox';
import type { Answer } from '../answer.ts';
import type { Ctx } from '../context.ts';
import type { ErrorCode } from '../errors.ts';
import type { IncomingForm } from '../form.ts';
import type { Action } from '../policy.ts';

/** What is counted together, each with a `RATE_LIMIT_…` setting; `login` and the other address classes count before anyone is known. */
export type RateClass =
  | 'none'
  | 'login'
  | 'refresh'
  | 'register'
  | 'send'
  | 'change'
  | 'create'
  | 'upload'
  | 'search'
  | 'default';
export type Scope =
  | 'public'
  | 'account'
  | 'rooms:read'
  | 'rooms:write'
  | 'messages:read'
  | 'messages:write'
  | 'files:read'
  | 'files:write'
  | 'users:read'
  | 'users:write'
  | 'webhooks:read'
  | 'webhooks:write'
  | 'admin';

/** Whoever waits for what is to come. */
export interface Waiting {
  /** Aborted when the client has gone. */
  readonly gone: AbortSignal;
  /** `Last-Event-ID`: the last event this client has seen of a stream. */
  readonly lastEventId: string | undefined;
  /** The access token: whoever waits for longer than it lasts ends with it. */
  readonly token: string;
}

export interface RouteInput<P, Q, B, F> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  /** Of a route that declares one. */
  readonly form: IncomingForm<F>;
  /** Of a route that waits. */
  readonly waiting: Waiting;
}

export interface RouteDefinition<P extends TObject, Q extends TObject, B extends TObject, F extends TObject = TObject> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** As in the document, `/api/v1/rooms/{room_id}`. */
  readonly path: string;
  /** What a key needs; `public` means that no token is looked at. */
  readonly scope: Scope;
  readonly limit: RateClass;
  /** The row of the permission table; `undefined` for what has none (public routes). */
  readonly action: Action | undefined;
  readonly tag: string;
  readonly summary: string;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  /** True where no body at all is fine. */
  readonly bodyOptional?: boolean;
  /** The body is no JSON but `multipart/form-data`: one part called `file` and these fields, read by the action as they come. */
  readonly form?: F;
  /** Schema of `data` by status; null for 204. */
  readonly answers: Readonly<Record<number, TSchema | null>>;
  /** Refusals worth naming in the document besides those every route has. */
  readonly refusals?: readonly ErrorCode[];
  /** Reads that take `If-None-Match`. */
  readonly etag?: boolean;
  /** Answers bytes of any type, or a range of them, instead of JSON. */
  readonly bytes?: boolean;
  /** May take minutes, as what reads everything does: HANDLER_TIMEOUT_SECONDS is not for it. */
  readonly slow?: boolean;
  /** Waits for others for most of its time, within bounds of its own: it takes no place of MAX_RUNNING_REQUESTS. */
  readonly waits?: boolean;
  /** Refused once the server drains: who asks is told to send nothing more. */
  readonly untilDraining?: boolean;
  /** Answers without the envelope (health probes). */
  readonly plain?: boolean;
  /** Answers text of this type instead of JSON. */
  readonly mediaType?: string;
  /** For whoever runs the server: METRICS and METRICS_TOKEN say for whom. */
  readonly forOperators?: boolean;
  readonly handler: (
    ctx: Ctx,
    input: RouteInput<Static<P>, Static<Q>, Static<B>, Static<F>>,
  ) => Answer | Promise<Answer>;
}

// The generic parameters are gone once a route is in the list: the handler is only ever called with what its own schemas let through.
export type Route = Omit<RouteDefinition<TObject, TObject, TObject, TObject>, 'handler'> & {
  readonly handler: (ctx: Ctx, input: RouteInput<never, never, never, never>) => Answer | Promise<Answer>;
};

/** Types a route by its own schemas and puts it into the list. */
export function route<
  P extends TObject = TObject,
  Q extends TObject = TObject,
  B extends TObject = TObject,
  F extends TObject = TObject,
>(definition: RouteDefinition<P, Q, B, F>): Route {
  return definition as unknown as Route;
}
