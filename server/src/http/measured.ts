import type { FastifyInstance } from 'fastify';
import type { Source } from '../metrics/metrics.ts';
import { type Sample, sample } from '../metrics/sample.ts';
import type { Admission } from './admission.ts';
import type { ClassName } from './limit_class.ts';
import type { Limits } from './limits.ts';
import type { RequestCounts } from './request_counts.ts';

interface Parts {
  readonly app: FastifyInstance;
  readonly requests: RequestCounts;
  readonly admission: Admission;
  readonly limits: Limits;
}

/** What the HTTP side is asked at a scrape. */
export function httpSource({ app, requests, admission, limits }: Parts): Source {
  return async () => [
    ...requests.samples(),
    sample('veza_http_requests_running', admission.running),
    sample('veza_http_requests_waiting', admission.waiting),
    ...Object.entries(admission.refused).map(([reason, count]) =>
      sample('veza_http_requests_refused_total', count, { reason }),
    ),
    ...limitSamples(limits.refused),
    sample('veza_http_connections', await connectionsOf(app)),
  ];
}

function limitSamples(refused: Readonly<Record<ClassName, number>>): Sample[] {
  return Object.entries(refused).map(([name, count]) =>
    sample('veza_rate_limit_refusals_total', count, { class: name }),
  );
}

function connectionsOf({ server }: FastifyInstance): Promise<number> {
  return new Promise((resolve, reject) => {
    server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
  });
}
