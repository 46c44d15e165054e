import type { RouteHandlerMethod } from 'fastify';
import type { Answer } from '../answer.ts';
import type { Ctx, Deps } from '../context.ts';
import { AppError } from '../errors.ts';
import type { IncomingForm } from '../form.ts';
import type { Admission } from './admission.ts';
import { isStillKnown } from './authenticate.ts';
import { bearerOf } from './bearer.ts';
import type { Call } from './call.ts';
import type { Deadlines, Pending } from './deadlines.ts';
import type { Replies } from './replies.ts';
import type { Route, RouteInput, Waiting } from './route.ts';

interface Parts {
  readonly deps: Deps;
  readonly replies: Replies;
  readonly admission: Admission;
  readonly deadlines: Deadlines;
  readonly readBody: (call: Call, body: unknown) => unknown;
  /** Undefined for a route without a form. */
  readonly openForm: ((call: Call) => IncomingForm<Record<string, unknown>>) | undefined;
}

const busy = () => new AppError('SERVICE_UNAVAILABLE', { reason: 'overloaded' }, 1);
const late = () => new AppError('SERVICE_UNAVAILABLE', { reason: 'timeout' }, 1);
const slowSender = () => new AppError('REQUEST_TIMEOUT');

/**
 * Runs a route's action: admission, context, answer. A place is given back when the action has ended, not when its deadline has:
 * until then it is still at work. Probes (nothing counts against them) are answered however busy the server is.
 */
export function handle(
  route: Route,
  { deps, replies, admission, deadlines, readBody, openForm }: Parts,
): RouteHandlerMethod {
  // An upload waits for its sender for most of its time, and would keep others from being served.
  const isUncounted = route.limit === 'none' || route.waits === true || openForm !== undefined;
  const isPublic = route.scope === 'public';
  // Without a body, and with nothing to wait for, a request runs in the moment it is known.
  const isAtOnce = route.method === 'GET';

  function run(call: Call, body: unknown) {
    const ctx: Ctx = { deps, actor: call.actor, request: call, now: deps.now(), db: deps.db.reader };
    const waiting = route.waits ? waitingOf(call) : undefined;
    const input = { params: call.params, query: call.query, body, form: openForm?.(call), waiting } as RouteInput<
      never,
      never,
      never,
      never
    >;
    let answer: Answer | Promise<Answer>;
    try {
      answer = route.handler(ctx, input);
    } catch (error) {
      return fail(call, error);
    }
    if (answer instanceof Promise) waitFor(call, answer);
    else finish(call, answer);
  }

  function waitFor(call: Call, promise: Promise<Answer>): void {
    const pending: Pending = {
      since: performance.now(),
      expire: () => replies.fail(call, openForm ? slowSender() : late()),
    };
    deadlines.add(pending);
    promise.then(
      (answer) => {
        deadlines.remove(pending);
        finish(call, answer);
      },
      (error) => {
        deadlines.remove(pending);
        fail(call, error);
      },
    );
  }

  function finish(call: Call, answer: Answer): void {
    if (!isUncounted) admission.leave();
    try {
      replies.answer(call, answer);
    } catch (error) {
      // What its schema cannot serialise is a fault of ours, and still has to be answered.
      replies.fail(call, error);
    }
  }

  function fail(call: Call, error: unknown): void {
    if (!isUncounted) admission.leave();
    replies.fail(call, error);
  }

  function admit(call: Call, body: unknown, hasWaited: boolean) {
    const entered = isUncounted || admission.enter(call.reply.raw);
    if (entered === true) return recheck(call, body, hasWaited);
    if (entered === false) return replies.fail(call, busy());
    void entered.then((admitted) => (admitted ? recheck(call, body, true) : replies.fail(call, busy())));
  }

  function recheck(call: Call, body: unknown, hasWaited: boolean) {
    const known = isPublic || (isAtOnce && !hasWaited) || isStillKnown(deps, call);
    const go = (still: boolean) => (still ? run(call, body) : fail(call, new AppError('INVALID_TOKEN')));
    if (known instanceof Promise) known.then(go, (error) => fail(call, error));
    else go(known);
  }

  return (request, reply) => {
    const { call } = request;
    const body = readBody(call, request.body);
    // A pipelined request waits until the answer before it is out: answers to a client that does not read them must not pile up.
    if (reply.raw.socket) admit(call, body, false);
    else reply.raw.once('socket', () => admit(call, body, true));
  };
}

function waitingOf({ reply }: Call): Waiting {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  const { 'last-event-id': lastEventId, authorization } = reply.request.raw.headers;
  return {
    gone: gone.signal,
    lastEventId: typeof lastEventId === 'string' ? lastEventId : undefined,
    token: bearerOf(authorization) ?? '',
  };
}
