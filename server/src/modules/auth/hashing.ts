import type { Ctx } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { isPasswordQueueFull } from './passwords.ts';

/** Hashes a new password; 503 when too many wait. Never inside `write`. */
export function hashPassword(ctx: Ctx, password: string): Promise<string> {
  return orBusy(ctx.deps.authority.passwords.hashPassword(password));
}

/** Whether the password fits; without a hash `false`, after the same time. Never inside `write`. */
export function passwordFits(ctx: Ctx, hash: string | null | undefined, password: string): Promise<boolean> {
  return orBusy(ctx.deps.authority.passwords.verifyPassword(hash ?? undefined, password));
}

async function orBusy<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw isPasswordQueueFull(error) ? new AppError('SERVICE_UNAVAILABLE', {}, 1) : error;
  }
}
