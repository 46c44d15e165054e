import { Counter, Gauge, Histogram as PrometheusHistogram, Registry } from 'prom-client';
import { type MetricName, metricCatalogue } from './catalogue.ts';
import type { Histogram } from './histogram.ts';
import type { Sample } from './sample.ts';

/** The text format 0.0.4 of Prometheus: every metric of the catalogue, those without samples too. */
export async function textOf(samples: readonly Sample[]): Promise<string> {
  // One for each scrape: what is counted lives elsewhere, and there is nothing to reset.
  const registry = new Registry();
  const byName = Map.groupBy(samples, ({ name }) => name);
  for (const name of Object.keys(metricCatalogue) as MetricName[])
    await register(registry, name, byName.get(name) ?? []);
  return registry.metrics();
}

async function register(registry: Registry, name: MetricName, samples: readonly Sample[]): Promise<void> {
  const { type, help, labels } = metricCatalogue[name];
  const options = { name, help, labelNames: Object.keys(labels), registers: [registry] };
  if (type === 'counter') {
    const counter = new Counter(options);
    for (const { labels, value } of samples) counter.inc(labels, value as number);
  } else if (type === 'gauge') {
    const gauge = new Gauge(options);
    for (const { labels, value } of samples) gauge.set(labels, value as number);
  } else {
    const histogram = new PrometheusHistogram(options);
    const values = samples.flatMap(({ labels, value }) => linesOf(name, labels, value as Histogram));
    // It takes single observations alone; these were sorted into buckets when they were made.
    const filled = { ...(await histogram.get()), values };
    const get = async () => filled;
    Object.assign(histogram, { get, getForPromString: get });
  }
}

function linesOf(name: MetricName, labels: Sample['labels'], { bounds, counts, sum }: Histogram) {
  let count = 0;
  const buckets = counts.map((more, bucket) => {
    count += more;
    return { metricName: `${name}_bucket`, labels: { le: bounds[bucket] ?? '+Inf', ...labels }, value: count };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: count },
  ];
}
