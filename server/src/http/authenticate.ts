import type { onRequestHookHandler } from 'fastify';
import type { Actor } from '../actor.ts';
import type { Deps } from '../context.ts';
import { AppError } from '../errors.ts';
import { bearerOf } from './bearer.ts';
import type { Call, CountUnknown } from './call.ts';
import type { Limits } from './limits.ts';

type Done = (error?: Error) => void;
type Known = (call: Call, actor: Actor | undefined, done: Done) => void;

/**
 * Turns the bearer token into an actor. Whatever is wrong with it, the answer is one and the same 401, counted against the
 * address, so that guessing is slowed down. A token seen before costs no promise.
 */
export function authenticate(deps: Pick<Deps, 'authority' | 'now'>, limits: Limits): onRequestHookHandler {
  const settle: Known = (call, actor, done) => {
    if (actor === undefined) return limits.countStranger(call, (error) => done(error ?? new AppError('INVALID_TOKEN')));
    welcome(deps, call, actor);
    done();
  };
  return ({ call }, _reply, done) => recognise(deps, call, settle, done);
}

/** Where nobody serves: 404 for all, but whoever is signed in is counted as themselves. */
export function recogniseOrCount(deps: Pick<Deps, 'authority' | 'now'>, limits: Limits): CountUnknown {
  const settle: Known = (call, actor, done) => {
    if (actor === undefined) return limits.countStranger(call, done);
    welcome(deps, call, actor);
    limits.countUser(call, 'default', done);
  };
  return (call, done) => recognise(deps, call, settle, done);
}

function recognise({ authority }: Pick<Deps, 'authority'>, call: Call, settle: Known, done: Done): void {
  const token = bearerOf(call.reply.request.raw.headers.authorization);
  const actor = token === undefined ? undefined : authority.actorOf(token);
  if (actor instanceof Promise) actor.then((late) => settle(call, late, done), done);
  else settle(call, actor, done);
}

function welcome({ authority, now }: Pick<Deps, 'authority' | 'now'>, call: Call, actor: Actor): void {
  call.actor = actor;
  authority.activity.seen(actor.userId, now());
}

/**
 * Whoever was signed in when the headers came may no longer be when the body has, or when the answers before are out: asked again just
 * before the action, since either may take as long as the client likes. True at once, without a promise, where nothing has changed.
 */
export function isStillKnown({ authority }: Pick<Deps, 'authority'>, call: Call): boolean | Promise<boolean> {
  const actor = authority.actorOf(bearerOf(call.reply.request.raw.headers.authorization) ?? '');
  return actor instanceof Promise ? actor.then((late) => adopt(call, late)) : adopt(call, actor);
}

function adopt(call: Call, actor: Actor | undefined): boolean {
  if (actor !== undefined) call.actor = actor;
  return actor !== undefined;
}
