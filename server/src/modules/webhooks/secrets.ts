import { randomBytes } from 'node:crypto';
import type { WebhookRow } from '../../db/tables_of_webhooks.ts';
import type { Vault } from '../auth/vault.ts';

/** How long both secrets sign after a rotation, unless the new one is promoted before. */
export const BOTH_MS = 86_400_000;

/** As the database has them: the secret in force, and the one that is to follow it. */
export type SealedSecrets = Pick<WebhookRow, 'secret' | 'next_secret' | 'next_secret_at'>;

export const makeSecret = (): string => `whsec_${randomBytes(32).toString('base64')}`;

/** The secret in force, sealed. The day of both may be over before that is written down. */
export function inForce({ secret, next_secret, next_secret_at }: SealedSecrets, now: number): string {
  return next_secret !== null && next_secret_at !== null && next_secret_at <= now ? next_secret : secret;
}

/** What signs: the secret in force, and during a rotation the one that is to follow. Throws when they were sealed under another key. */
export function openSecrets(vault: Vault, sealed: SealedSecrets, now: number): [string, ...string[]] {
  const first = inForce(sealed, now);
  const { next_secret } = sealed;
  return [vault.open(first), ...(next_secret === null || next_secret === first ? [] : [vault.open(next_secret)])];
}
