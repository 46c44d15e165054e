import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLoginAttempts } from './attempts.ts';

const MINUTE = 60_000;

function story() {
  const clock = { now: 1_000_000_000 };
  const attempts = createLoginAttempts(() => clock.now);
  /** Everybody has a user name and an e-mail. */
  const people: string[] = [];
  const idOf = (account: string) => {
    const [name = ''] = account.split('@');
    if (!people.includes(name)) people.push(name);
    return people.indexOf(name);
  };
  const check = (account: string, address: string) => attempts.check(account, idOf(account), address);
  return {
    clock,
    check,
    fails: (account: string, address: string) => end(check(account, address), 'failed'),
    enters: (account: string, address: string) => end(check(account, address), 'succeeded'),
    signsUp: (account: string, address: string) => attempts.entered(idOf(account), address),
    /** Milliseconds that one would have to wait; 0 when one need not. Leaves nothing behind. */
    wait(account: string, address: string): number {
      const attempt = check(account, address);
      if (!attempt.allowed) return attempt.retryAfterMs;
      attempt.released();
      return 0;
    },
  };
}

function end(attempt: ReturnType<ReturnType<typeof createLoginAttempts>['check']>, how: 'failed' | 'succeeded'): void {
  assert.ok(attempt.allowed);
  attempt[how]();
}

function times(count: number, act: (i: number) => void): void {
  for (let i = 0; i < count; i++) act(i);
}

test('the sixth attempt within five minutes waits a minute, and the refusal says all that a 429 needs', () => {
  const { check, fails, wait } = story();
  times(4, () => fails('bob', 'a'));
  assert.equal(wait('bob', 'a'), 0);
  fails('bob', 'a');
  assert.deepEqual(check('bob', 'a'), {
    allowed: false,
    scope: 'login',
    retryAfterMs: MINUTE,
    limit: 5,
    windowMs: 5 * MINUTE,
  });
  assert.equal(wait('ann', 'a'), 0);
});

test('waits double up to a quarter of an hour, and start anew after a quiet hour', () => {
  const { clock, fails, wait } = story();
  times(5, () => fails('bob', 'a'));
  for (const minutes of [1, 2, 4, 8, 15, 15]) {
    assert.equal(wait('bob', 'b'), minutes * MINUTE);
    clock.now += minutes * MINUTE;
    assert.equal(wait('bob', 'b'), 0);
    fails('bob', 'b');
  }
  clock.now += 15 * MINUTE + 60 * MINUTE;
  times(4, () => fails('bob', 'b'));
  assert.equal(wait('bob', 'b'), 0);
});

test('failures older than five minutes do not count', () => {
  const { clock, fails, wait } = story();
  times(20, () => {
    fails('bob', 'a');
    assert.equal(wait('bob', 'a'), 0);
    clock.now += 75_001;
  });
});

test('attempts under way count: five at once, and one after a wait', () => {
  const { clock, check, fails, wait } = story();
  const five = Array.from({ length: 5 }, () => check('bob', 'a'));
  assert.ok(five.every((attempt) => attempt.allowed));
  assert.equal(wait('bob', 'a'), 1000);
  for (const attempt of five) if (attempt.allowed) attempt.failed();
  assert.equal(wait('bob', 'a'), MINUTE);
  clock.now += MINUTE;
  assert.ok(check('bob', 'a').allowed);
  assert.equal(wait('bob', 'a'), 1000);
  assert.equal(wait('ann', 'a'), 0);
  times(3, () => fails('ann', 'b'));
});

test('a reservation that nobody ended is forgotten after a minute', () => {
  const { clock, check, wait } = story();
  times(5, () => check('bob', 'a'));
  clock.now += MINUTE;
  assert.equal(wait('bob', 'a'), 0);
});

test('an attempt ends once, whatever is called after that', () => {
  const { check, wait } = story();
  times(3, () => {
    const attempt = check('bob', 'a');
    assert.ok(attempt.allowed);
    attempt.failed();
    attempt.failed();
    attempt.released();
  });
  assert.equal(wait('bob', 'a'), 0);
});

test('success forgets the failures of the account', () => {
  const { fails, enters, wait } = story();
  times(3, () => {
    times(4, () => fails('bob', 'a'));
    enters('bob', 'a');
  });
  times(4, () => fails('bob', 'other'));
  assert.equal(wait('bob', 'other'), 0);
});

test('an address has twenty failures in five minutes, and its own successes do not wash them away', () => {
  const { clock, fails, enters, wait, check } = story();
  times(10, (i) => fails(`user${i}`, 'a'));
  clock.now += MINUTE;
  enters('mallory', 'a');
  times(10, (i) => fails(`more${i}`, 'a'));
  const refused = check('ann', 'a');
  assert.ok(!refused.allowed);
  assert.deepEqual([refused.limit, refused.retryAfterMs], [20, 4 * MINUTE]);
  assert.equal(wait('ann', 'b'), 0);
  clock.now += 4 * MINUTE;
  assert.equal(wait('ann', 'a'), 0);
});

test('many addresses do not give more guesses of one account', () => {
  const { fails, wait } = story();
  times(5, (i) => fails('bob', `bot${i}`));
  assert.equal(wait('bob', 'bot6'), MINUTE);
});

test('an attacker elsewhere does not keep the owner from an address known as theirs', () => {
  const { clock, fails, enters, wait } = story();
  enters('bob', 'home');
  times(100, () => {
    if (wait('bob', 'bot') === 0) fails('bob', 'bot');
    assert.equal(wait('bob', 'home'), 0);
    clock.now += 20_000;
  });
  times(5, () => fails('bob', 'home'));
  assert.equal(wait('bob', 'home'), MINUTE);
  assert.equal(wait('ann', 'home'), 0);
});

test('who has signed up is known there, and by every name of his', () => {
  const { fails, signsUp, wait } = story();
  signsUp('bob', 'home');
  for (const name of ['bob', 'bob@example.com']) {
    times(5, () => fails(name, `bot after ${name}`));
    assert.deepEqual([wait(name, 'home'), wait(name, 'cafe')], [0, MINUTE]);
  }
});

test('accounts named like parts of objects or of keys are like any other', () => {
  const { fails, enters, wait } = story();
  enters('bob', 'home');
  for (const account of ['__proto__', 'constructor', '', 'bob\nhome2']) {
    times(5, () => fails(account, `from ${account}`));
    assert.equal(wait(account, 'x'), MINUTE);
  }
  assert.equal(wait('bob', 'home'), 0);
});

test('a clock set back makes nobody wait longer than the longest wait', () => {
  const { clock, fails, wait } = story();
  times(5, () => fails('bob', 'a'));
  times(15, (i) => fails(`u${i}`, 'a'));
  clock.now -= 900 * MINUTE;
  assert.ok(wait('bob', 'b') <= 15 * MINUTE);
  assert.equal(wait('ann', 'a'), 0);
});
