import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose/jwt/sign';
import { jwtVerify } from 'jose/jwt/verify';
import { LRUCache } from 'lru-cache';

/** What a token says when it is made. Rights are never read from it: name and role are there for clients to show. */
export interface TokenSubject {
  /** The user's id. */
  sub: number;
  username: string;
  role: string;
  /** The session's id. */
  sid: string;
}

/** What is read from a token: who, in which session, until when (epoch seconds). */
export interface TokenClaims {
  sub: number;
  sid: string;
  exp: number;
}

export interface TokenOptions {
  /** At least 32 bytes (RFC 7518, 3.2). */
  secret: Uint8Array<ArrayBuffer>;
  issuer: string;
  audience: string;
  /** Epoch milliseconds. */
  now: () => number;
  lifetimeSeconds?: number;
}

export interface Tokens {
  /** A new access token, with `jti`, `iat`, `exp`, `iss` and `aud`. */
  sign(subject: TokenSubject): Promise<string>;
  /** The claims of a token that is ours, intact and not expired; otherwise undefined, whatever is wrong with it. */
  verify(token: string): Promise<TokenClaims | undefined>;
  /**
   * The same at once, for tokens seen before: `undefined` when it cannot be valid, `unknown` when only `verify` can tell.
   * Says nothing about the session: whether that still lives is looked up by `sid`, each time.
   */
  verifyCached(token: string): TokenClaims | undefined | 'unknown';
}

const ALGORITHM = 'HS256';
const MIN_SECRET_BYTES = 32;
const LIFETIME_SECONDS = 900;
/** Our own tokens have some 400 characters; longer ones are refused unread. */
const MAX_TOKEN = 4096;
/** As many sockets as a process has; some 5 MB. */
const MAX_CACHED = 10_000;

/** Makes and reads access tokens (JWT, HS256). Throws when the secret is too short. */
export function createTokens(options: TokenOptions): Tokens {
  const { secret, issuer, audience, now, lifetimeSeconds = LIFETIME_SECONDS } = options;
  if (secret.length < MIN_SECRET_BYTES) throw new RangeError(`A secret has at least ${MIN_SECRET_BYTES} bytes`);
  // Imported once: from raw bytes, each signature would cost a third more.
  const key = crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify']);
  const verified = new LRUCache<string, TokenClaims>({ max: MAX_CACHED });
  const seconds = () => Math.floor(now() / 1000);

  function verifyCached(token: string): TokenClaims | undefined | 'unknown' {
    if (token.length > MAX_TOKEN) return undefined;
    const claims = verified.get(token);
    if (claims === undefined) return 'unknown';
    if (claims.exp > seconds()) return claims;
    verified.delete(token);
    return undefined;
  }

  return {
    async sign({ sub, username, role, sid }) {
      const iat = seconds();
      const exp = iat + lifetimeSeconds;
      const registered = { sub: String(sub), jti: randomUUID(), iat, exp, iss: issuer, aud: audience };
      const token = await new SignJWT({ username, role, sid, ...registered })
        .setProtectedHeader({ alg: ALGORITHM, typ: 'JWT' })
        .sign(await key);
      verified.set(token, { sub, sid, exp });
      return token;
    },
    async verify(token) {
      const known = verifyCached(token);
      if (known !== 'unknown') return known;
      const options = { algorithms: [ALGORITHM], issuer, audience, currentDate: new Date(now()) };
      // Whatever is wrong is the same to the caller: no answer tells an attacker how far a forgery got.
      const result = await jwtVerify(token, await key, options).catch(() => undefined);
      const claims = claimsOf(result?.payload ?? {});
      if (claims !== undefined) verified.set(token, claims);
      return claims;
    },
    verifyCached,
  };
}

function claimsOf({ sub, sid, exp }: Record<string, unknown>): TokenClaims | undefined {
  if (typeof sub !== 'string' || !/^[1-9]\d{0,15}$/.test(sub) || !Number.isSafeInteger(Number(sub))) return undefined;
  if (typeof sid !== 'string' || sid === '' || typeof exp !== 'number') return undefined;
  return { sub: Number(sub), sid, exp };
}
