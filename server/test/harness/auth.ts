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
