import type { Answer } from './answer.ts';
import type { WriteCtx } from './context.ts';
import { isLockTimeout } from './db/database.ts';
import { change, query } from './db/statement.ts';
import { AppError } from './errors.ts';

interface Key {
  actor_id: number;
  scope: string;
  key: string;
}

const claim = change((q, p: Key & { payload_hash: string; created_at: number }) =>
  q
    .insertInto('idempotency_keys')
    .values({
      actor_id: p.actor_id,
      scope: p.scope,
      key: p.key,
      payload_hash: p.payload_hash,
      status: 0,
      body: '',
      created_at: p.created_at,
    })
    .onConflict((conflict) => conflict.doNothing()),
);

const keep = change((q, p: Key & { status: number; body: string }) =>
  q
    .updateTable('idempotency_keys')
    .set({ status: p.status, body: p.body })
    .where('actor_id', '=', p.actor_id)
    .where('scope', '=', p.scope)
    .where('key', '=', p.key),
);

const find = query((q, p: Key) =>
  q
    .selectFrom('idempotency_keys')
    .where('actor_id', '=', p.actor_id)
    .where('scope', '=', p.scope)
    .where('key', '=', p.key)
    .select(['payload_hash', 'status', 'body']),
);

const forgetBefore = change((q, p: { before: number }) =>
  q.deleteFrom('idempotency_keys').where('created_at', '<', p.before),
);

/** How long an answer is kept for its key. */
const KEPT_MS = 24 * 60 * 60 * 1_000;

/**
 * Runs `act` once per Idempotency-Key: the key and its answer are committed with the change. Called inside `write`, after the rights
 * check. Another payload under the same key is 422; a first request still running is waited for, then 409.
 */
export async function once(ctx: WriteCtx, act: () => Promise<Answer>): Promise<Answer> {
  const { idempotency } = ctx.request;
  if (!idempotency) return act();
  const key: Key = { actor_id: ctx.actor.userId, scope: idempotency.scope, key: idempotency.key };
  if (!(await claimed(ctx, key, idempotency.payloadHash))) return firstAnswer(ctx, key, idempotency.payloadHash);
  const answer = await act();
  const { status, ...content } = answer;
  await keep.run(ctx.db, { ...key, status, body: JSON.stringify(content) });
  return answer;
}

async function claimed(ctx: WriteCtx, key: Key, payloadHash: string): Promise<boolean> {
  try {
    return (await claim.run(ctx.db, { ...key, payload_hash: payloadHash, created_at: ctx.now })) === 1;
  } catch (error) {
    throw isLockTimeout(error) ? new AppError('REQUEST_IN_PROGRESS', {}, 1) : error;
  }
}

async function firstAnswer(ctx: WriteCtx, key: Key, payloadHash: string): Promise<Answer> {
  const first = await find.first(ctx.db, key);
  if (!first) throw new AppError('REQUEST_IN_PROGRESS', {}, 1);
  if (first.payload_hash !== payloadHash) throw new AppError('IDEMPOTENCY_MISMATCH');
  return { ...(JSON.parse(first.body) as Answer), status: first.status as Answer['status'], replayed: true };
}

/** Drops keys older than a day; resolves with how many. */
export function forgetKeys(ctx: WriteCtx): Promise<number> {
  return forgetBefore.run(ctx.db, { before: ctx.now - KEPT_MS });
}
