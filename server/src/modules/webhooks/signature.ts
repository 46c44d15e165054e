import { createHmac } from 'node:crypto';
import { version } from '../../version.ts';

const PREFIX = 'whsec_';

/**
 * The key of Standard Webhooks: the decoded bytes of a `whsec_` secret, else the text itself. Undefined for a
 * `whsec_` secret that is not base64.
 */
export function keyOf(secret: string): Buffer | undefined {
  if (!secret.startsWith(PREFIX)) return Buffer.from(secret);
  const encoded = secret.slice(PREFIX.length);
  const bytes = Buffer.from(encoded, 'base64');
  const isBase64 = bytes.length > 0 && bytes.toString('base64').replace(/=+$/, '') === encoded.replace(/=+$/, '');
  return isBase64 ? bytes : undefined;
}

export interface Signed {
  readonly body: string;
  readonly messageId: string;
  readonly event: string;
  readonly secret: string;
  readonly traceparent: string | null;
  /** Epoch milliseconds of the attempt. */
  readonly at: number;
}

/** The headers of a delivery. */
export function headersOf({ body, messageId, event, secret, traceparent, at }: Signed): Record<string, string> {
  const seconds = Math.floor(at / 1_000);
  const standard = createHmac('sha256', keyOf(secret) ?? secret).update(`${messageId}.${seconds}.${body}`);
  return {
    'content-type': 'application/json',
    'user-agent': `Veza-Webhooks/${version}`,
    'x-webhook-signature': createHmac('sha256', secret).update(body).digest('hex'),
    'x-webhook-event': event,
    'webhook-id': messageId,
    'webhook-timestamp': `${seconds}`,
    'webhook-signature': `v1,${standard.digest('base64')}`,
    ...(traceparent === null ? {} : { traceparent }),
  };
}
