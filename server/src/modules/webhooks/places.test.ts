import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { sharePlaces } from './places.ts';

const well = (id: number) => ({ id, failing_since: null });
const dead = (id: number) => ({ id, failing_since: 1 });
const busy = (failing: number[] = [], others: number[] = []) => ({
  all: failing.length + others.length,
  failing: failing.length,
  to: (id: number) => [...failing, ...others].filter((other) => other === id).length,
});
const places = { all: 8, each: 4 };

test('webhooks that do well get their share, in the order in which they wait', () => {
  assert.deepEqual(sharePlaces([well(1), well(2), well(3)], busy(), places), [
    { webhookId: 1, limit: 4 },
    { webhookId: 2, limit: 4 },
  ]);
  assert.deepEqual(sharePlaces([well(1), well(2)], busy([], [1, 1, 1]), places), [
    { webhookId: 1, limit: 1 },
    { webhookId: 2, limit: 4 },
  ]);
});

test('those that fail get one place each and half of all together', () => {
  const crowd = Array.from({ length: 20 }, (_, n) => dead(n + 1));
  assert.deepEqual(
    sharePlaces(crowd, busy(), places).map(({ webhookId, limit }) => [webhookId, limit]),
    [1, 2, 3, 4].map((id) => [id, 1]),
  );
  assert.deepEqual(sharePlaces(crowd, busy([21, 22, 23, 24]), places), []);
});

test('a crowd that does well leaves one place to those that fail', () => {
  assert.deepEqual(sharePlaces([well(1), well(2), dead(3), dead(4)], busy(), places), [
    { webhookId: 1, limit: 4 },
    { webhookId: 2, limit: 3 },
    { webhookId: 3, limit: 1 },
  ]);
  // Attempts to others do not count against them.
  const taken = busy([], [1, 1, 1, 1, 2]);
  assert.deepEqual(
    sharePlaces([dead(3), dead(4)], taken, places).map(({ webhookId }) => webhookId),
    [3, 4],
  );
});

test('never more than there are places, whoever waits and whatever is under way', () => {
  const ids = fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 12 });
  fc.assert(
    fc.property(ids, ids, ids, ids, (wells, deads, failing, others) => {
      const inFlight = busy(
        failing.map((id) => id + 100),
        others,
      );
      const waiting = [...new Set(wells)].map(well).concat([...new Set(deads)].map((id) => well(id + 100)));
      const mixed = waiting.map((one) => (one.id > 100 ? dead(one.id) : one));
      const given = sharePlaces(mixed, inFlight, places);
      const sum = (of: typeof given) => of.reduce((total, { limit }) => total + limit, 0);
      assert.ok(sum(given) <= Math.max(0, places.all - inFlight.all));
      const toFailing = given.filter(({ webhookId }) => webhookId > 100);
      assert.ok(sum(toFailing) <= Math.max(0, places.all / 2 - inFlight.failing));
      for (const { webhookId, limit } of given)
        assert.ok(limit >= 1 && inFlight.to(webhookId) + limit <= (webhookId > 100 ? 1 : places.each));
    }),
  );
});
