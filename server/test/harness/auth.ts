import { type Ctx, nobody } from '../../src/context.ts';
import type { TestApp } from './app.ts';
import type { Reply } from './people.ts';

/** A clock that a test moves; it starts at a whole second, as tokens count. */
export function movableClock(start = Date.UTC(2026, 0, 15)) {
  let at = start;
  return {
    now: () => at,
    advance: (ms: number) => {
      at += ms;
    },
  };
}

/** An answer without what differs from request to request: two of the same refusal must be the same bytes. */
export function withoutTrace({ status, headers, text }: Reply) {
  const { 'x-request-id': id, date, ...rest } = headers;
  return { status, headers: rest, text: text.replace(String(id), '').replace(/"timestamp":"[^"]*"/, '') };
}

/** What the server does by itself. */
export function systemCtx(app: TestApp): Ctx {
  const { deps } = app;
  const request = {
    id: 'test',
    address: '',
    userAgent: '',
    representation: false,
    auditReason: undefined,
    idempotency: undefined,
  };
  return { deps, actor: nobody, request, now: deps.now(), db: deps.db.reader };
}
