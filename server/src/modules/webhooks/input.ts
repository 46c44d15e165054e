import type { Config } from '../../config.ts';
import type { Ctx } from '../../context.ts';
import { type FieldFault, invalid, unprocessable } from '../../errors.ts';
import { starEvents } from '../../events.ts';
import type { Asked } from './schema.ts';
import { keyOf } from './signature.ts';

/** A text that is no address of the web, or not one this server sends to. */
export function urlFault(
  text: string,
  { WEBHOOK_ALLOW_HTTP }: Pick<Config, 'WEBHOOK_ALLOW_HTTP'>,
): FieldFault | undefined {
  const field = 'url';
  // The URL parser would leave these out, and what is shown would not be where it goes.
  if (!text.isWellFormed() || /[\s\p{Cc}\p{Cf}]/u.test(text)) return { field, reason: 'forbidden_character' };
  if (!URL.canParse(text)) return { field, reason: 'not_a_url' };
  const { protocol, username, password } = new URL(text);
  if (username !== '' || password !== '') return { field, reason: 'credentials' };
  if (protocol === 'https:' || (protocol === 'http:' && WEBHOOK_ALLOW_HTTP)) return undefined;
  if (protocol === 'http:') return { field, reason: 'http_not_allowed', setting: 'WEBHOOK_ALLOW_HTTP' };
  return { field, reason: 'not_a_url', allowed: WEBHOOK_ALLOW_HTTP ? ['https', 'http'] : ['https'] };
}

export function secretFault(text: string): FieldFault | undefined {
  const field = 'secret';
  if (!text.isWellFormed() || /\p{Cc}/u.test(text)) return { field, reason: 'forbidden_character' };
  return keyOf(text) === undefined
    ? { field, reason: 'malformed_encoding', expected: 'base64 after whsec_' }
    : undefined;
}

/** Raises 400 for a target that leads where nothing may be sent; to be asked once it is known that the caller may have a webhook. */
export async function refuseTarget(ctx: Ctx, url: string): Promise<void> {
  if (!(await ctx.deps.webhooks.outgoing.isForbidden(new URL(url)))) return;
  throw invalid([{ field: 'url', reason: 'forbidden_address', setting: 'WEBHOOK_ALLOWED_CIDRS' }]);
}

const isOfServer = (event: Asked): boolean => event !== '*' && !starEvents.has(event);

/** What `*` takes in need not be named beside it. Raises 422 where a room's webhook asks for what happens outside of rooms. */
export function judgeEvents(events: readonly Asked[], roomId: number | null): Asked[] {
  const outside = events.filter(isOfServer);
  if (roomId !== null && outside.length > 0) {
    throw unprocessable('server_wide_only', { field: 'events', events: outside });
  }
  return events.includes('*') ? events.filter((event) => event === '*' || isOfServer(event)) : [...events];
}
