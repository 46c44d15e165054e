import { metricCatalogue } from '../metrics/catalogue.ts';
import { table } from './table.ts';

/** docs/metrics.md */
export function metricsDocument(): string {
  const rows = Object.entries(metricCatalogue).map(([name, { type, help, labels }]) => [
    `\`${name}\``,
    type,
    Object.keys(labels)
      .map((label) => `\`${label}\``)
      .join(', '),
    help,
  ]);
  return `# Metrics

Printed from \`server/src/metrics/catalogue.ts\`. \`GET /metrics\` has them in the text format of Prometheus; [who may read them](operations.md#metrics). What counts and what is sorted into
buckets begins at 0 with each start of the server. A label never holds what people have given.

${table(['metric', 'type', 'labels', 'what it is'], rows)}
## Labels

${table(['metric', 'label', 'holds'], labelRows())}
## Buckets

Upper bounds; \`+Inf\` comes after the last.

${table(['metric', 'bounds'], bucketRows())}`;
}

function labelRows(): string[][] {
  return Object.entries(metricCatalogue).flatMap(([name, { labels }]) =>
    Object.entries(labels).map(([label, holds]) => [`\`${name}\``, `\`${label}\``, holds]),
  );
}

function bucketRows(): string[][] {
  return Object.entries(metricCatalogue).flatMap(([name, metric]) =>
    metric.type === 'histogram' ? [[`\`${name}\``, metric.buckets.join(', ')]] : [],
  );
}
