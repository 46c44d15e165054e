import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { histogramOf, observe } from './histogram.ts';
import { createMetrics } from './metrics.ts';
import { sample } from './sample.ts';

function watched() {
  const lines: Record<string, unknown>[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  return { metrics: createMetrics(log), lines };
}

const scraped = async (metrics: ReturnType<typeof createMetrics>, name: string) =>
  (await metrics.scrape()).split('\n').filter((line) => line.startsWith(name));

test('a source that fails, at once or later, or does not answer costs its own metrics and no others', async (t) => {
  const { metrics, lines } = watched();
  metrics.add(() => {
    throw new Error('at once');
  });
  metrics.add(() => Promise.reject(new Error('later')));
  metrics.add(() => new Promise(() => {}));
  metrics.add(() => [sample('veza_files', 3)]);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const reading = scraped(metrics, 'veza_files ');
  t.mock.timers.tick(2_000);
  assert.deepEqual(await reading, ['veza_files 3']);
  assert.deepEqual(
    lines.map(({ err }) => (err as Error).message),
    ['at once', 'later', 'No answer within 2000 ms'],
  );
});

test('what is observed is in the first bucket that holds it, and in all above', async () => {
  const { metrics } = watched();
  const batches = histogramOf('veza_message_batch_messages');
  for (const size of [1, 2, 2, 3, 512, 1_000]) observe(batches, size);
  metrics.add(() => [sample('veza_message_batch_messages', batches)]);
  const lines = await scraped(metrics, 'veza_message_batch_messages');
  const ofBounds = { '1': 1, '2': 3, '4': 4, '256': 4, '512': 5, '+Inf': 6 };
  for (const [bound, count] of Object.entries(ofBounds))
    assert.ok(lines.includes(`veza_message_batch_messages_bucket{le="${bound}"} ${count}`), bound);
  assert.deepEqual(lines.slice(-2), ['veza_message_batch_messages_sum 1520', 'veza_message_batch_messages_count 6']);
});

test('what a label holds cannot end it', async () => {
  const { metrics } = watched();
  metrics.add(() => [sample('veza_webhook_attempts_total', 1, { outcome: 'a"b\\c\nd' })]);
  assert.deepEqual(await scraped(metrics, 'veza_webhook_attempts_total'), [
    'veza_webhook_attempts_total{outcome="a\\"b\\\\c\\nd"} 1',
  ]);
});
