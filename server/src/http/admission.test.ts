import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { type TestContext, test } from 'node:test';
import { createAdmission } from './admission.ts';

function full(t: TestContext, limits = { running: 2, waiting: 2, waitMs: 500 }) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const admission = createAdmission(limits);
  for (let i = 0; i < limits.running; i++) assert.equal(admission.enter(), true);
  return admission;
}

const counts = ({ running, waiting }: { running: number; waiting: number }) => ({ running, waiting });

test('there is room for as many as may run; they are admitted at once, without a promise', () => {
  const admission = createAdmission({ running: 256, waiting: 256, waitMs: 500 });
  for (let i = 0; i < 256; i++) assert.equal(admission.enter(), true);
  assert.ok(admission.enter() instanceof Promise);
  for (let i = 0; i < 255; i++) void admission.enter();
  assert.equal(admission.enter(), false);
  assert.deepEqual(admission.refused, { full: 1, late: 0, gone: 0 });
  assert.deepEqual(counts(admission), { running: 256, waiting: 256 });
  for (let i = 0; i < 512; i++) admission.leave();
  assert.deepEqual(counts(admission), { running: 0, waiting: 0 });
});

test('who came first is served first', async (t) => {
  const admission = full(t);
  const order: string[] = [];
  const first = Promise.resolve(admission.enter()).then((admitted) => order.push(`first ${admitted}`));
  const second = Promise.resolve(admission.enter()).then((admitted) => order.push(`second ${admitted}`));
  admission.leave();
  await first;
  assert.deepEqual(counts(admission), { running: 2, waiting: 1 });
  admission.leave();
  await second;
  assert.deepEqual(order, ['first true', 'second true']);
  assert.deepEqual(counts(admission), { running: 2, waiting: 0 });
});

test('a place that becomes free belongs to who waited, not to who comes just then', async (t) => {
  const admission = full(t);
  const waiter = admission.enter();
  admission.leave();
  assert.ok(admission.enter() instanceof Promise);
  assert.equal(await waiter, true);
});

test('one waits as long as allowed and no longer', async (t) => {
  const admission = full(t);
  const waiter = admission.enter();
  t.mock.timers.tick(499);
  assert.equal(admission.waiting, 1);
  t.mock.timers.tick(1);
  assert.equal(await waiter, false);
  assert.deepEqual(admission.refused, { full: 0, late: 1, gone: 0 });
  assert.deepEqual(counts(admission), { running: 2, waiting: 0 });
});

test('a client that goes away stops waiting, and the next one moves up', async (t) => {
  const admission = full(t);
  const client = new EventEmitter();
  const gone = admission.enter(client);
  const next = admission.enter();
  client.emit('close');
  assert.equal(await gone, false);
  assert.deepEqual(admission.refused, { full: 0, late: 0, gone: 1 });
  assert.equal(admission.waiting, 1);
  admission.leave();
  assert.equal(await next, true);
  assert.equal(client.listenerCount('close'), 0);
});

test('nothing is left on a client that was admitted or timed out', async (t) => {
  const admission = full(t);
  const admitted = new EventEmitter();
  const late = new EventEmitter();
  const waiters = [admission.enter(admitted), admission.enter(late)];
  admission.leave();
  t.mock.timers.tick(500);
  assert.deepEqual(await Promise.all(waiters), [true, false]);
  assert.equal(admitted.listenerCount('close') + late.listenerCount('close'), 0);
  admitted.emit('close');
  assert.deepEqual(counts(admission), { running: 2, waiting: 0 });
});

test('with no room to wait one is turned away at once', (t) => {
  const admission = full(t, { running: 1, waiting: 0, waitMs: 500 });
  assert.equal(admission.enter(), false);
});

test('leaving without having entered is a mistake that is told', () => {
  assert.throws(() => createAdmission({ running: 1, waiting: 1, waitMs: 1 }).leave(), /had not entered/);
});
