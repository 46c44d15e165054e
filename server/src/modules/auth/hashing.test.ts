import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ctx } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { hashPassword, passwordFits } from './hashing.ts';
import { createPasswords } from './passwords.ts';

test('too many passwords at once are 503, and the others are served', async () => {
  const ctx = { deps: { authority: { passwords: createPasswords(1, 1) } } } as Ctx;
  const hash = await hashPassword(ctx, 'long enough');
  const settled = await Promise.allSettled([
    passwordFits(ctx, hash, 'long enough'),
    passwordFits(ctx, null, 'long enough'),
    passwordFits(ctx, hash, 'long enough'),
    hashPassword(ctx, 'another one'),
  ]);
  assert.deepEqual(
    settled.map((each) => (each.status === 'fulfilled' ? each.value : [each.reason.code, each.reason.retryAfter])),
    [true, false, ['SERVICE_UNAVAILABLE', 1], ['SERVICE_UNAVAILABLE', 1]],
  );
  assert.ok((settled[2] as PromiseRejectedResult).reason instanceof AppError);
});
