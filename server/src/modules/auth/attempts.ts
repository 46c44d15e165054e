import { hash } from 'node:crypto';
import { createFailures, type FailureRule } from './failures.ts';

const MINUTE = 60_000;

/** 5 failures in 5 minutes, then waits of 1, 2, 4, 8 and 15 minutes. */
const ACCOUNT_RULE: FailureRule = {
  limit: 5,
  windowMs: 5 * MINUTE,
  firstWaitMs: MINUTE,
  maxWaitMs: 15 * MINUTE,
  quietMs: 60 * MINUTE,
};

/** 20 failures in 5 minutes, whatever the accounts. */
const ADDRESS_RULE: FailureRule = {
  limit: 20,
  windowMs: 5 * MINUTE,
  firstWaitMs: 0,
  maxWaitMs: 5 * MINUTE,
  quietMs: 0,
};

/** An attempt that may be made. The first of the three calls counts, so `released` may stand in a `finally`. */
export interface AllowedAttempt {
  allowed: true;
  failed(): void;
  succeeded(): void;
  /** It was not made after all: the server was too busy, the client went away. */
  released(): void;
}

/** An attempt that may not be made now; the fields are those of a 429. */
export interface RefusedAttempt {
  allowed: false;
  scope: 'login';
  retryAfterMs: number;
  limit: number;
  windowMs: number;
}

export interface LoginAttempts {
  /**
   * Judges an attempt and reserves it, so that those under way count as well. `account` is what failures are counted by: the name
   * as it was given, whether there is such an account or not. `userId` is the account behind it, if there is one; its addresses are
   * known whatever it was named by. `address` is that of `addressKey`.
   */
  check(account: string, userId: number | undefined, address: string): AllowedAttempt | RefusedAttempt;
  /** The account was entered from there, as by a success, or made there. */
  entered(userId: number, address: string): void;
  /** How one went that was made at another process. */
  hear(attempt: AttemptElsewhere): void;
}

/** What other processes are told of an attempt. */
export interface AttemptElsewhere {
  /** A hash of what it was named by: a password typed in the wrong field is nobody's to hear. Null where an account was made. */
  readonly account: string | null;
  readonly userId: number | undefined;
  readonly address: string;
  readonly succeeded: boolean;
}

/** Addresses remembered per account, and accounts with such. */
const KNOWN_ADDRESSES = 8;
const KNOWN_ACCOUNTS = 50_000;

/**
 * Limits attempts to log in, by account and by address. Only failures count.
 *
 * The trade-off: failures of an account from anywhere count together, or a botnet could guess as often as it has
 * addresses. That lets an attacker keep others waiting. So an address from which the account was made or entered before
 * (since this process started) is counted by itself: the owner at home or at work is not locked out by anybody
 * elsewhere. Someone at a new address, during an attack, waits up to 15 minutes, and may lose the race for the
 * one attempt after that; sessions that exist go on.
 */
export function createLoginAttempts(
  now: () => number,
  say: (attempt: AttemptElsewhere) => void = () => {},
): LoginAttempts {
  const accounts = createFailures(now, ACCOUNT_RULE);
  const addresses = createFailures(now, ADDRESS_RULE);
  const known = new Map<number, string[]>(); // user → addresses, the most recent last

  function remember(userId: number, address: string): void {
    const others = (known.get(userId) ?? []).filter((other) => other !== address);
    known.delete(userId);
    known.set(userId, [...others.slice(1 - KNOWN_ADDRESSES), address]);
    const [oldest] = known.keys();
    if (known.size > KNOWN_ACCOUNTS && oldest !== undefined) known.delete(oldest);
  }

  function check(named: string, userId: number | undefined, address: string): AllowedAttempt | RefusedAttempt {
    const account = hash('sha256', named);
    const key = keyOf(account, userId, address);
    const accountWait = accounts.waitMs(key);
    const addressWait = addresses.waitMs(address);
    if (addressWait > accountWait) return refusal(ADDRESS_RULE, addressWait);
    if (accountWait > 0) return refusal(ACCOUNT_RULE, accountWait);

    accounts.reserve(key);
    addresses.reserve(address);
    let open = true;
    const once = (end: () => void) => () => {
      if (open) end();
      open = false;
    };
    return {
      allowed: true,
      failed: once(() => {
        accounts.fail(key);
        addresses.fail(address);
        say({ account, userId, address, succeeded: false });
      }),
      succeeded: once(() => {
        accounts.clear(key);
        // Its failures stay: who owns one account could otherwise wash away those with others'.
        addresses.release(address);
        if (userId !== undefined) remember(userId, address);
        say({ account, userId, address, succeeded: true });
      }),
      released: once(() => {
        accounts.release(key);
        addresses.release(address);
      }),
    };
  }

  function keyOf(account: string, userId: number | undefined, address: string): string {
    const isKnown = userId !== undefined && known.get(userId)?.includes(address);
    return isKnown ? `${account}\n${address}` : account;
  }

  function entered(userId: number, address: string): void {
    remember(userId, address);
    say({ account: null, userId, address, succeeded: true });
  }

  function hear({ account, userId, address, succeeded }: AttemptElsewhere): void {
    if (account !== null) {
      const key = keyOf(account, userId, address);
      accounts.reserve(key);
      if (succeeded) accounts.clear(key);
      else accounts.fail(key);
    }
    if (succeeded && userId !== undefined) remember(userId, address);
    if (succeeded) return;
    addresses.reserve(address);
    addresses.fail(address);
  }

  return { check, entered, hear };
}

function refusal(rule: FailureRule, retryAfterMs: number): RefusedAttempt {
  return { allowed: false, scope: 'login', retryAfterMs, limit: rule.limit, windowMs: rule.windowMs };
}
