import { pino } from 'pino';
import { createMemoryLimiter } from '../../src/adapters/limiter/memory.ts';
import { readConfig } from '../../src/config.ts';
import type { Actor, Deps } from '../../src/context.ts';
import type { Route } from '../../src/http/route.ts';
import { createServer } from '../../src/http/server.ts';

type Settings = Readonly<Record<string, string>>;

/** Tokens of the tiny application: `alice` and `bob` are known at once, `slow` after a promise, `broken` never. */
const actors: Readonly<Record<string, Actor>> = {
  alice: { userId: 1, username: 'alice', role: 'user', sessionId: 's1' },
  bob: { userId: 2, username: 'bob', role: 'user', sessionId: 's2' },
  slow: { userId: 3, username: 'slow', role: 'user', sessionId: 's3' },
};

/** An HTTP side with routes of the test's own and nothing behind it. */
export async function tinyApp(routes: readonly Route[], settings: Settings = {}, now: () => number = Date.now) {
  const lines: Record<string, unknown>[] = [];
  const seen: number[] = [];
  const log = pino(
    { level: settings.LOG_LEVEL ?? 'info' },
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
    authority: { actorOf },
    activity: { seen: (userId: number) => void seen.push(userId) },
  } as unknown as Deps;
  const app = await createServer(deps, routes);
  return { app, deps, lines, seen };
}

export const asAlice = { authorization: 'Bearer alice' };
