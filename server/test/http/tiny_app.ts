import type { InjectOptions } from 'fastify';
import { pino } from 'pino';
import { type TProperties, Type } from 'typebox';
import type { Actor } from '../../src/actor.ts';
import { createMemoryLimiter } from '../../src/adapters/limiter/memory.ts';
import { readConfig } from '../../src/config.ts';
import type { Deps } from '../../src/context.ts';
import { admissionLimitsOf, createAdmission } from '../../src/http/admission.ts';
import { type Route, type RouteDefinition, route } from '../../src/http/route.ts';
import { createServer } from '../../src/http/server.ts';
import { createMetrics } from '../../src/metrics/metrics.ts';

type Settings = Readonly<Record<string, string>>;

/** Tokens of the tiny application: `alice` and `bob` are known at once, `slow` after a promise, `broken` breaks it. */
const actors: Readonly<Record<string, Actor>> = {
  alice: { userId: 1, username: 'alice', role: 'user', sessionId: 's1' },
  bob: { userId: 2, username: 'bob', role: 'user', sessionId: 's2' },
  slow: { userId: 3, username: 'slow', role: 'user', sessionId: 's3' },
};

export const asAlice = { authorization: 'Bearer alice' };

/** An HTTP side with routes of the test's own and nothing behind it. */
export async function tinyApp(routes: readonly Route[], settings: Settings = {}, now: () => number = Date.now) {
  const lines: Record<string, unknown>[] = [];
  const seen: number[] = [];
  const log = pino(
    { level: settings.LOG_LEVEL ?? 'debug' },
    { write: (line: string) => void lines.push(JSON.parse(line)) },
  );
  const actorOf = (token: string) => {
    if (token === 'broken') return Promise.reject(new Error('the database is gone'));
    return token === 'slow' ? Promise.resolve(actors.slow) : actors[token];
  };
  // Only what the HTTP side itself looks at.
  const deps = {
    config: readConfig(settings),
    db: { reader: {} },
    now,
    log,
    limiter: createMemoryLimiter(now),
    metrics: createMetrics(log),
    authority: { actorOf, activity: { seen: (userId: number) => void seen.push(userId) } },
  } as unknown as Deps;
  const app = await createServer(deps, routes, createAdmission(admissionLimitsOf(deps.config)));

  /** Sends a request, signed in as alice unless told otherwise, and reads the envelope of the answer. */
  async function call(url: string, options: Omit<InjectOptions, 'url'> = {}) {
    const response = await app.inject({ url, ...options, headers: { ...asAlice, ...options.headers } });
    const text = response.body;
    const body = text.startsWith('{') ? JSON.parse(text) : undefined;
    return {
      status: response.statusCode,
      headers: response.headers,
      text,
      bytes: response.rawPayload,
      data: body?.data,
      code: body?.error?.code,
      details: body?.error?.details,
      error: body?.error,
    };
  }

  return { app, deps, lines, seen, call };
}

type Loose = Partial<
  RouteDefinition<ReturnType<typeof Type.Object>, ReturnType<typeof Type.Object>, ReturnType<typeof Type.Object>>
>;

/** A route that answers what it was given: `{params, query, body}`. */
export function echo(definition: Loose & { path: string }): Route {
  return route({
    method: 'GET',
    scope: 'rooms:read',
    limit: 'default',
    action: undefined,
    tag: 'test',
    summary: 'Echo',
    answers: { 200: Type.Unknown() },
    handler: (_ctx, input) => ({ status: 200, json: JSON.stringify(input) }),
    ...definition,
  });
}

export const strict = (properties: TProperties) => Type.Object(properties, { additionalProperties: false });
