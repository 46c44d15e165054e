import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';
import type { Config } from '../config.ts';
import type { Replies } from './replies.ts';

const exposed = [
  'X-Request-Id',
  'X-RateLimit-Limit',
  'X-RateLimit-Remaining',
  'X-RateLimit-Reset',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'ETag',
  'Accept-Ranges',
  'Content-Range',
  'X-Ignored-Parameters',
  'Idempotent-Replayed',
  'Preference-Applied',
];

// What tracing adds to a page's requests by itself is taken, or it would stop them.
const allowed = [
  'Authorization',
  'Content-Type',
  'Content-Encoding',
  'Idempotency-Key',
  'If-None-Match',
  'If-Range',
  'Range',
  'Prefer',
  'X-Audit-Log-Reason',
  'Accept-Language',
  'traceparent',
  'tracestate',
];

/** Lets pages of these origins call the API. Without credentials: the token is a header, and there are no cookies. */
export async function allowOrigins(app: FastifyInstance, config: Config, replies: Replies): Promise<void> {
  await app.register(cors, {
    origin: config.CORS_ORIGINS.includes('*') ? '*' : [...config.CORS_ORIGINS],
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: allowed,
    exposedHeaders: exposed,
    maxAge: 600,
    strictPreflight: false,
  });
  // Only what the plugin answers itself passes here: preflights.
  app.addHook('onSend', (request, reply, _payload, done) => {
    reply.headers(replies.commonHeaders(request.call));
    replies.countPreflight(request.call, reply.statusCode);
    done();
  });
}
