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
  /** The one in force; after it the one that is to follow, while both sign. */
  readonly secrets: readonly [string, ...string[]];
  readonly traceparent: string | null;
  /** Epoch milliseconds of the attempt. */
  readonly at: number;
}

/** The headers of a delivery. */
export function headersOf({ body, messageId, event, secrets, traceparent, at }: Signed): Record<string, string> {
  const seconds = Math.floor(at / 1_000);
  const standard = (secret: string) => {
    const hmac = createHmac('sha256', keyOf(secret) ?? secret).update(`${messageId}.${seconds}.${body}`);
    return `v1,${hmac.digest('base64')}`;
  };
  return {
    'content-type': 'application/json',
    'user-agent': `Veza-Webhooks/${version}`,
    'x-webhook-signature': createHmac('sha256', secrets[0]).update(body).digest('hex'),
    'x-webhook-event': event,
    'webhook-id': messageId,
    'webhook-timestamp': `${seconds}`,
    'webhook-signature': secrets.toReversed().map(standard).join(' '),
    ...(traceparent === null ? {} : { traceparent }),
  };
}
