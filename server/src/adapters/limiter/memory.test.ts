import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Config, parseRate, readConfig } from '../../config.ts';
import { createMemoryLimiter } from './memory.ts';

const START = Date.UTC(2024, 0, 15);

function limiterAt(start = START, maxKeys?: number) {
  const clock = { now: start };
  const limiter = createMemoryLimiter(() => clock.now, maxKeys);
  return { clock, limiter };
}

test('each class allows its burst at once, and one more after one interval', () => {
  const config = readConfig({});
  const names = Object.keys(config).filter((name): name is keyof Config => name.startsWith('RATE_LIMIT_'));
  assert.ok(names.length > 8);
  for (const name of names) {
    const rate = parseRate(String(config[name]));
    const { clock, limiter } = limiterAt();
    for (let i = 1; i <= rate.burst; i++) {
      const verdict = limiter.take('k', rate);
      assert.equal(verdict.allowed, true, `${name} ${i}`);
      assert.equal(verdict.remaining, rate.burst - i, `${name} ${i}`);
    }
    const refused = limiter.take('k', rate);
    const interval = Math.ceil(rate.windowMs / rate.limit);
    assert.deepEqual([refused.allowed, refused.remaining, refused.retryAfterMs], [false, 0, interval], name);
    clock.now += interval;
    assert.equal(limiter.take('k', rate).allowed, true, name);
  }
});

test('a verdict says all that the headers need', () => {
  const { clock, limiter } = limiterAt();
  const rate = { limit: 60, windowMs: 60_000, burst: 2 };
  const first = { allowed: true, limit: 60, remaining: 1, resetAtMs: START + 1000, retryAfterMs: 0 };
  assert.deepEqual(limiter.take('k', rate), first);
  clock.now += 400;
  assert.deepEqual(limiter.take('k', rate), { ...first, remaining: 0, resetAtMs: START + 2000 });
  const refused = { allowed: false, limit: 60, remaining: 0, resetAtMs: START + 2000, retryAfterMs: 600 };
  assert.deepEqual(limiter.take('k', rate), refused);
  clock.now += 599;
  assert.deepEqual(limiter.take('k', rate), { ...refused, retryAfterMs: 1 });
  clock.now += 1;
  assert.equal(limiter.take('k', rate).allowed, true);
});

test('refused requests cost nothing: who hammers is served as soon as who waits', () => {
  const { clock, limiter } = limiterAt();
  const rate = { limit: 60, windowMs: 60_000, burst: 1 };
  let allowed = 0;
  for (let ms = 0; ms < 10_000; ms += 10, clock.now += 10) if (limiter.take('k', rate).allowed) allowed++;
  assert.equal(allowed, 10);
});

test('keys do not touch each other', () => {
  const { limiter } = limiterAt();
  const rate = { limit: 1, windowMs: 60_000, burst: 1 };
  for (const key of ['send:1', 'send:2', 'edit:1', '__proto__', ''])
    assert.equal(limiter.take(key, rate).allowed, true);
  for (const key of ['send:1', 'send:2', 'edit:1', '__proto__', ''])
    assert.equal(limiter.take(key, rate).allowed, false);
});

test('it decides as a bucket of tokens does, at any times and awkward rates', () => {
  const arrivals = fc.array(fc.nat(5000), { maxLength: 80 });
  fc.assert(
    fc.property(arrivals, fc.integer({ min: 1, max: 97 }), fc.integer({ min: 1, max: 13 }), (gaps, limit, burst) => {
      const { clock, limiter } = limiterAt();
      const rate = { limit, windowMs: 60_000, burst };
      const full = burst * rate.windowMs; // tokens in units of 1/windowMs, so that all is integral
      let tokens = full;
      for (const gap of gaps) {
        clock.now += gap;
        tokens = Math.min(full, tokens + gap * limit);
        const allowed = tokens >= rate.windowMs;
        if (allowed) tokens -= rate.windowMs;
        const verdict = limiter.take('k', rate);
        assert.equal(verdict.allowed, allowed);
        assert.equal(verdict.remaining, Math.floor(tokens / rate.windowMs));
        const missing = rate.windowMs - tokens;
        assert.equal(verdict.retryAfterMs, allowed ? 0 : Math.ceil(missing / limit));
        assert.equal(verdict.resetAtMs, clock.now + Math.ceil((full - tokens) / limit));
      }
    }),
  );
});

test('a clock set back locks nobody out', () => {
  const { clock, limiter } = limiterAt();
  const rate = { limit: 60, windowMs: 60_000, burst: 5 };
  for (let i = 0; i < 5; i++) limiter.take('k', rate);
  clock.now -= 86_400_000;
  assert.equal(limiter.take('k', rate).retryAfterMs, 1000);
  clock.now += 1000;
  assert.equal(limiter.take('k', rate).allowed, true);
});

test('keys are forgotten when nothing is left to remember', () => {
  const { clock, limiter } = limiterAt();
  const rate = { limit: 60, windowMs: 60_000, burst: 5 };
  for (let i = 0; i < 1000; i++) limiter.take(`k${i}`, rate);
  assert.equal(limiter.size, 1000);
  clock.now += 60_000;
  for (let i = 0; i < 1010; i++) limiter.take('other', rate);
  assert.equal(limiter.size, 1);
});

test('a flood of keys stays within the bound and forgives those nearest to forgiveness', () => {
  const { clock, limiter } = limiterAt(START, 1000);
  const long = { limit: 1, windowMs: 3_600_000, burst: 1 };
  const short = { limit: 1, windowMs: 60_000, burst: 1 };
  limiter.take('guilty', long);
  for (let i = 0; i < 50_000; i++) {
    limiter.take(`k${i}`, short);
    assert.ok(limiter.size <= 1000);
    if (i % 1000 === 0) clock.now += 1;
  }
  assert.equal(limiter.take('guilty', long).allowed, false);
  assert.equal(limiter.take('k49999', short).allowed, false);
});
