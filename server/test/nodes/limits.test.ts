import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestApp } from '../harness/app.ts';
import { openTown, type Town, ways } from './town.ts';

const BURST = 20;

for (const way of ways.filter((one) => one !== 'looking'))
  describe(`limits of two servers that hear of each other by ${way}`, () => {
    let town: Town;
    let here: TestApp;
    let there: TestApp;
    before(async () => {
      town = await openTown(way, 2, { RATE_LIMITS: 'on' });
      [here, there] = town.apps as [TestApp, TestApp];
    });
    after(() => town.close());

    test('guesses of a password count at both together, and so does where somebody is at home', async () => {
      const grace = await here.register('grace');
      const guess = async ({ stranger }: TestApp) => {
        const body = { username: grace.username, password: 'wrong wrong' };
        const { status } = await stranger.request('POST', '/auth/login', { body });
        // What is told takes some milliseconds.
        await sleep(100);
        return status;
      };
      for (let n = 0; n < 5; n++) assert.equal(await guess(n % 2 === 0 ? here : there), 401);
      assert.deepEqual([await guess(there), await guess(here)], [429, 429]);
    });

    /** What somebody may send at once, by turns at both. */
    async function burst(username: string): Promise<number[]> {
      const writer = await here.register(username);
      const { id } = await writer.post('/rooms', { name: `of ${username}` }, 201);
      const statuses: number[] = [];
      for (let n = 0; n < 2 * BURST; n++) {
        const asked = n % 2 === 0 ? writer : town.at(1, writer);
        const body = { content: `${n}` };
        statuses.push((await asked.request('POST', `/rooms/${id}/messages`, { body })).status);
      }
      return statuses;
    }

    if (way === 'redis')
      test('messages are counted at both together; without Redis each counts by itself, and refuses nobody', async () => {
        const together = await burst('henry');
        const allowed = together.filter((status) => status === 201).length;
        // One more may have been earned meanwhile.
        assert.ok(allowed >= BURST && allowed <= BURST + 3, `${allowed} were allowed`);
        await town.redis?.kill();
        await sleep(50);
        const apart = await burst('ines');
        assert.ok(apart.filter((status) => status === 201).length >= 2 * BURST - 1);
        await town.redis?.start();
        await untilReady(here);
        const again = await burst('jack');
        assert.ok(again.filter((status) => status === 429).length > 0);
      });
    else
      test('messages are counted by each', async () => {
        assert.ok((await burst('henry')).every((status) => status === 201));
      });

    async function untilReady({ stranger }: TestApp): Promise<void> {
      for (;;) {
        const { degraded } = JSON.parse((await stranger.request('GET', '/readyz')).text) as { degraded: string[] };
        if (degraded.length === 0) return;
        assert.deepEqual(degraded, ['bus']);
        await sleep(50);
      }
    }
  });
