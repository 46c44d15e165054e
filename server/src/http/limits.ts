import type { onRequestHookHandler } from 'fastify';
import type { Verdict } from '../adapters/limiter/limiter.ts';
import { addressKey } from '../address.ts';
import { type Config, parseRate } from '../config.ts';
import type { Deps } from '../context.ts';
import { rateLimited } from '../errors.ts';
import type { Call } from './call.ts';
import type { ClassName, LimitClass } from './limit_class.ts';
import type { RateClass, Route } from './route.ts';

type Done = (error?: Error) => void;

export interface Limits {
  /** Counts what a stranger asks for, against the address. */
  countStranger(call: Call, done: Done): void;
  /** Counts a request of somebody who is signed in. */
  countUser(call: Call, name: ClassName, done: Done): void;
  /** The hook of a route, after `authenticate`; undefined where nothing is counted. */
  hookOf(route: Route): onRequestHookHandler | undefined;
  /** How many were refused. */
  readonly refused: Readonly<Record<ClassName, number>>;
}

const byAddress = new Set<RateClass>(['login', 'refresh', 'register']);

/** Rate limits as configuration sets them (docs/configuration.md); nothing is counted, and no header sent, with RATE_LIMITS=off. */
export function createLimits({ config, limiter }: Pick<Deps, 'config' | 'limiter'>): Limits {
  const classes = classesOf(config);
  const isOn = config.RATE_LIMITS === 'on';
  const refused = Object.fromEntries(Object.keys(classes).map((name) => [name, 0])) as Record<ClassName, number>;

  function count(call: Call, limit: LimitClass, subject: string | number, done: Done) {
    if (!isOn) return done();
    const verdict = limiter.take(`${limit.name}:${subject}`, limit.rate);
    if (verdict instanceof Promise) verdict.then((late) => judge(call, limit, late, done), done);
    else judge(call, limit, verdict, done);
  }

  function judge(call: Call, limit: LimitClass, verdict: Verdict, done: Done) {
    call.limit = limit;
    call.verdict = verdict;
    if (verdict.allowed) return done();
    refused[limit.name]++;
    const { windowMs } = limit.rate;
    done(rateLimited({ scope: limit.name, limit: verdict.limit, windowMs, retryAfterMs: verdict.retryAfterMs }));
  }

  const countStranger = (call: Call, done: Done) => count(call, classes.anonymous, addressKey(call.address), done);
  const countUser = (call: Call, name: ClassName, done: Done) => count(call, classes[name], call.actor.userId, done);

  function hookOf(route: Route): onRequestHookHandler | undefined {
    const name = route.limit;
    if (!isOn || name === 'none') return undefined;
    if (byAddress.has(name)) return ({ call }, _, done) => count(call, classes[name], addressKey(call.address), done);
    if (route.scope === 'public') return ({ call }, _, done) => countStranger(call, done);
    return ({ call }, _, done) => countUser(call, name, done);
  }

  return { countStranger, countUser, hookOf, refused };
}

/** Adds the five headers to `headers`, a flat list of names and values. */
export function pushRateHeaders(headers: string[], limit: LimitClass, verdict: Verdict, now: number): void {
  const seconds = Math.max(0, Math.ceil((verdict.resetAtMs - now) / 1_000));
  headers.push(
    'x-ratelimit-limit',
    `${verdict.limit}`,
    'x-ratelimit-remaining',
    `${verdict.remaining}`,
    'x-ratelimit-reset',
    `${Math.ceil(verdict.resetAtMs / 1_000)}`,
    'ratelimit-policy',
    limit.policy,
    'ratelimit',
    `"${limit.name}";r=${verdict.remaining};t=${seconds}`,
  );
}

/** Every class as configuration sets it. */
export function classesOf(config: Config): Record<ClassName, LimitClass> {
  const classOf = (name: ClassName, written: string): LimitClass => {
    const rate = parseRate(written);
    return { name, rate, policy: `"${name}";q=${rate.limit};w=${rate.windowMs / 1_000}` };
  };
  return {
    login: classOf('login', config.RATE_LIMIT_LOGIN),
    refresh: classOf('refresh', config.RATE_LIMIT_REFRESH),
    register: classOf('register', config.RATE_LIMIT_REGISTER),
    send: classOf('send', config.RATE_LIMIT_SEND),
    change: classOf('change', config.RATE_LIMIT_CHANGE),
    create: classOf('create', config.RATE_LIMIT_CREATE),
    upload: classOf('upload', config.RATE_LIMIT_UPLOAD),
    search: classOf('search', config.RATE_LIMIT_SEARCH),
    frames: classOf('frames', config.RATE_LIMIT_FRAMES),
    default: classOf('default', config.RATE_LIMIT_DEFAULT),
    anonymous: classOf('anonymous', config.RATE_LIMIT_ANONYMOUS),
  };
}
