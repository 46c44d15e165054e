import { createHmac, hash, randomBytes } from 'node:crypto';

/** Makes a refresh token recognisable, to people and to scanners for leaked secrets. */
const REFRESH_PREFIX = 'veza_rt_';

// So that the same secret, used elsewhere over the same text, gives another code.
const PURPOSE = 'refresh token successor\n';

/** A refresh token: 256 random bits. */
export function newRefreshToken(): string {
  return REFRESH_PREFIX + randomBytes(32).toString('base64url');
}

/**
 * The token that replaces another one. The same token has the same successor, so that two tabs that refresh at the
 * same time can both be answered though no token is kept; without the secret it cannot be guessed.
 */
export function refreshSuccessor(secret: Uint8Array, token: string): string {
  return REFRESH_PREFIX + createHmac('sha256', secret).update(PURPOSE).update(token).digest('base64url');
}

/**
 * What is stored of a token instead of it: SHA-256, 43 characters. Tokens are random, so nobody can find one by
 * trying, and no slow hash is needed. Any text may be hashed.
 */
export function hashToken(token: string): string {
  return hash('sha256', token, 'base64url');
}
