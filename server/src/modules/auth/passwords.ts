import { hash, verify } from '@node-rs/argon2';
import { codePoints } from '../../text.ts';

/** OWASP Password Storage Cheat Sheet, argon2id: 19 MiB, two passes, one lane. 2 is argon2id. */
export const ARGON2 = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** A hash of the same cost, of a random text that nobody has seen, for names that no account has. */
export const DUMMY_HASH =
  '$argon2id$v=19$m=19456,t=2,p=1$aelKDcq3022YG3cvzOgVnQ$0HMamBSmk8GH64OWsyfQrZNdtvtLVcRbeKKbkBkoZWE';

const MIN_PASSWORD = 8;
const MAX_PASSWORD = 256;

/** 8 to 256 characters (code points) of any kind; what they are is nobody's business (NIST SP 800-63B, 3.1.1.2). */
export function passwordFault(password: string): 'too_short' | 'too_long' | 'forbidden_characters' | undefined {
  const length = codePoints(password);
  if (length < MIN_PASSWORD) return 'too_short';
  if (length > MAX_PASSWORD) return 'too_long';
  // Turned into bytes, all lone surrogates are the same.
  return password.isWellFormed() ? undefined : 'forbidden_characters';
}

export interface Passwords {
  /** A new hash, in PHC form. */
  hashPassword(password: string): Promise<string>;
  /** Whether a password fits. Without a hash, because there is no such account, `false` after the same time. */
  verifyPassword(hash: string | undefined, password: string): Promise<boolean>;
}

/**
 * Hashes and verifies passwords, `atOnce` at a time: each takes 19 MiB and a thread for some 20 ms, and files are read
 * by the same four threads. More wait in turn, up to `waiting`; beyond that both functions reject
 * with an error that `isPasswordQueueFull` knows, for the caller to answer 503.
 */
export function createPasswords(atOnce = 2, waiting = 256): Passwords {
  const inTurn = createQueue(atOnce, waiting);
  return {
    hashPassword: (password) => inTurn(() => hash(canonical(password), ARGON2)),
    verifyPassword: async (stored, password) => {
      const fits = await inTurn(() => verifyOrFalse(stored ?? DUMMY_HASH, canonical(password)));
      return stored !== undefined && fits;
    },
  };
}

/** Whether an error says that too many passwords wait to be hashed. */
export function isPasswordQueueFull(error: unknown): boolean {
  return error instanceof Error && error.name === QUEUE_FULL;
}

const QUEUE_FULL = 'PasswordQueueFull';

// Keyboards and systems write the same é differently; NIST SP 800-63B asks for one form before hashing.
function canonical(password: string): string {
  return password.normalize('NFKC');
}

async function verifyOrFalse(stored: string, password: string): Promise<boolean> {
  try {
    return await verify(stored, password);
  } catch {
    return false; // not a hash: an account that cannot be entered by password
  }
}

function createQueue(atOnce: number, limit: number): <T>(work: () => Promise<T>) => Promise<T> {
  const queue: (() => void)[] = [];
  let running = 0;

  return async (work) => {
    if (running < atOnce) running++;
    else if (queue.length < limit) await new Promise<void>((start) => queue.push(start));
    else throw Object.assign(new Error('Too many passwords wait to be hashed'), { name: QUEUE_FULL });
    try {
      return await work();
    } finally {
      // The place is handed over to who waits longest; `running` stays.
      const next = queue.shift();
      if (next === undefined) running--;
      else next();
    }
  };
}
