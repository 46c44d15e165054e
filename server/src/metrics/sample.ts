import type { HistogramName, LabelOf, MetricName } from './catalogue.ts';
import type { Histogram } from './histogram.ts';

type ValueOf<N extends MetricName> = N extends HistogramName ? Histogram : number;
type Labels<N extends MetricName> = Readonly<Record<LabelOf<N>, string>>;

/** What one metric has under one set of labels. */
export interface Sample {
  readonly name: MetricName;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number | Histogram;
}

/** With the labels that the catalogue names, and the kind of value that goes with the metric. */
export function sample<N extends MetricName>(
  name: N,
  value: ValueOf<N>,
  ...labels: [LabelOf<N>] extends [never] ? [] : [Labels<N>]
): Sample {
  return { name, value, labels: labels[0] ?? {} };
}
