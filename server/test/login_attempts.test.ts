import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { createTestApp, passwordOf } from './harness/app.ts';
import { movableClock, withoutTrace } from './harness/auth.ts';

// Counted in memory, the same on every engine.
describe('attempts to sign in', async () => {
  const clock = movableClock();
  const limits = {
    RATE_LIMITS: 'on',
    RATE_LIMIT_LOGIN: '1000/1m',
    RATE_LIMIT_REGISTER: '1000/1m',
    TRUSTED_PROXIES: '127.0.0.1',
  };
  const app = await createTestApp('sqlite', limits, { now: clock.now });
  after(app.close);
  const login = (username: string, password: string) =>
    app.stranger.request('POST', '/auth/login', { body: { username, password } });
  const failing = async (username: string, times: number) => {
    for (let i = 0; i < times; i++) assert.equal((await login(username, 'wrong one')).status, 401);
  };
  /** So that those of one test do not count in the next. */
  const rest = () => clock.advance(2 * 3_600_000);

  it('are five, then one waits, however right the next one is', async () => {
    await app.register('alice');
    rest();
    await failing('alice', 3);
    await failing('ALICE', 2);
    await failing('alice@example.com', 1); // counted apart, or it would tell whose address it is
    const refused = await login('alice', passwordOf('alice'));
    assert.deepEqual([refused.status, refused.error.code], [429, 'RATE_LIMIT_EXCEEDED']);
    const { scope, limit, window, retry_after } = refused.error.details;
    assert.deepEqual([scope, limit, window], ['login', 5, 300]);
    assert.equal(refused.headers['retry-after'], String(retry_after));
    clock.advance(retry_after * 1_000 - 1);
    assert.equal((await login('alice', passwordOf('alice'))).status, 429);
    clock.advance(1);
    assert.equal((await login('alice', passwordOf('alice'))).status, 200);
    await failing('alice', 4);
  });

  it('are counted alike for accounts that are not there', async () => {
    rest();
    await failing('nobody-here', 5);
    const refused = await login('Nobody-Here', 'wrong one');
    assert.equal(refused.status, 429);
    rest();
    await app.register('bob');
    await failing('bob', 5);
    const known = await login('bob', 'wrong one');
    assert.deepEqual(withoutTrace(known).text, withoutTrace(refused).text);
  });

  it('cannot be doubled by making them at once', async () => {
    rest();
    const replies = await Promise.all(Array.from({ length: 15 }, () => login('bob', 'wrong one')));
    assert.equal(replies.filter(({ status }) => status === 401).length, 5);
    assert.equal(replies.filter(({ status }) => status === 429).length, 10);
  });

  it('are twenty for an address, whoever is asked for', async () => {
    rest();
    for (let i = 0; i < 20; i++) await failing(`somebody-${i}`, 1);
    const refused = await login('alice', passwordOf('alice'));
    assert.deepEqual([refused.status, refused.error.details.limit], [429, 20]);
  });

  it('made elsewhere keep nobody from where he signed up, by none of his names', async () => {
    rest();
    const [home, elsewhere, cafe] = ['192.0.2.1', '198.51.100.1', '203.0.113.1'];
    const dave = { username: 'dave', email: 'dave@example.com', password: passwordOf('dave') };
    const from = (address: string, path: string, body: object) =>
      app.stranger.request('POST', path, { body, headers: { 'x-forwarded-for': address } });
    assert.equal((await from(home, '/auth/register', dave)).status, 201);
    for (const username of [dave.username, dave.email]) {
      const guess = (address: string, password: string) => from(address, '/auth/login', { username, password });
      for (let i = 0; i < 5; i++) assert.equal((await guess(elsewhere, 'wrong one')).status, 401);
      for (const address of [elsewhere, cafe]) assert.equal((await guess(address, dave.password)).status, 429);
      assert.equal((await guess(home, dave.password)).status, 200);
    }
  });

  it('limit guessing the present password of an open session as well', async () => {
    rest();
    const carol = await app.register('carol');
    const body = { current_password: 'wrong one', new_password: 'long enough' };
    for (let i = 0; i < 5; i++) await carol.put('/auth/password', body, 403);
    const right = { ...body, current_password: passwordOf('carol') };
    assert.equal((await carol.put('/auth/password', right, 429)).details.scope, 'login');
    await carol.get('/users/me', 200);
  });
});
