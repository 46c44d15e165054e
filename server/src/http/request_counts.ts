import { type Histogram, histogramOf, observe } from '../metrics/histogram.ts';
import { type Sample, sample } from '../metrics/sample.ts';

/** What was answered by one route to one method. */
export interface RouteCounts {
  readonly statuses: Map<number, number>;
  readonly seconds: Histogram;
}

/** Those that no route has taken. */
export type Unrouted = 'unknown' | 'malformed' | 'preflight';

export interface RequestCounts {
  /** Found once for a route, not for each of its requests. */
  of(route: string, method: string): RouteCounts;
  ofUnrouted(route: Unrouted, method: string): RouteCounts;
  samples(): Sample[];
}

/** Anybody may send any method: each would be a series of its own. */
const named = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

export function createRequestCounts(): RequestCounts {
  const all = new Map<string, RouteCounts & { readonly route: string; readonly method: string }>();

  function of(route: string, method: string): RouteCounts {
    const key = `${method} ${route}`;
    let counts = all.get(key);
    if (counts === undefined) {
      counts = { route, method, statuses: new Map(), seconds: histogramOf('veza_http_request_duration_seconds') };
      all.set(key, counts);
    }
    return counts;
  }

  return {
    of,
    ofUnrouted: (route, method) => of(route, named.has(method) ? method : 'other'),
    samples: () =>
      [...all.values()].flatMap(({ route, method, statuses, seconds }) =>
        statuses.size === 0
          ? []
          : [
              sample('veza_http_request_duration_seconds', seconds, { route, method }),
              ...Array.from(statuses, ([status, count]) =>
                sample('veza_http_requests_total', count, { route, method, status: `${status}` }),
              ),
            ],
      ),
  };
}

export function countRequest({ statuses, seconds }: RouteCounts, status: number, ms: number): void {
  statuses.set(status, (statuses.get(status) ?? 0) + 1);
  observe(seconds, ms / 1_000);
}
