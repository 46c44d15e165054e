import { type Histogram, histogramOf } from '../../metrics/histogram.ts';

/** How attempts have gone since the start. */
export interface AttemptCounts {
  running: number;
  readonly outcomes: Map<string, number>;
  readonly seconds: Histogram;
}

export function createAttemptCounts(): AttemptCounts {
  return {
    running: 0,
    outcomes: new Map([['delivered', 0]]),
    seconds: histogramOf('veza_webhook_attempt_duration_seconds'),
  };
}
