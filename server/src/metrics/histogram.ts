import { type HistogramName, metricCatalogue } from './catalogue.ts';

/** Values by size. To add one is a look along a few bounds: some are added for every request. */
export interface Histogram {
  /** Highest value of each bucket but the last, which has none. */
  readonly bounds: readonly number[];
  /** How many are in each bucket, and in no lower one. */
  readonly counts: number[];
  sum: number;
}

export function histogramOf(name: HistogramName): Histogram {
  const bounds = metricCatalogue[name].buckets;
  return { bounds, counts: new Array<number>(bounds.length + 1).fill(0), sum: 0 };
}

export function observe(histogram: Histogram, value: number): void {
  const { bounds, counts } = histogram;
  let bucket = 0;
  while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket++;
  counts[bucket] = (counts[bucket] as number) + 1;
  histogram.sum += value;
}
