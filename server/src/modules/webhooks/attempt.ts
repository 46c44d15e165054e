import type { Outcome } from '../../adapters/outgoing/outgoing.ts';
import type { Deps } from '../../context.ts';
import { observe } from '../../metrics/histogram.ts';
import type { AttemptCounts } from './attempt_counts.ts';
import { openSecrets, type SealedSecrets } from './secrets.ts';
import { headersOf } from './signature.ts';

export interface Sendable {
  readonly url: string;
  readonly secrets: SealedSecrets;
  readonly messageId: string;
  readonly event: string;
  readonly body: string;
  readonly traceparent: string | null;
}

const unsent = (error: Outcome['error']): Outcome => ({
  ...{ statusCode: null, durationMs: 0, excerpt: null, retryAfterMs: null, isCutOff: false },
  error,
});

/** One attempt; how it went is in the outcome. */
export async function send(deps: Deps, sendable: Sendable, signal?: AbortSignal): Promise<Outcome> {
  const { attempts } = deps.webhooks;
  attempts.running++;
  const outcome = await sendOnce(deps, sendable, signal).finally(() => attempts.running--);
  count(attempts, outcome);
  return outcome;
}

function count({ outcomes, seconds }: AttemptCounts, outcome: Outcome): void {
  const name = outcome.isCutOff ? 'cut_off' : (resultOf(outcome).error ?? 'delivered');
  outcomes.set(name, (outcomes.get(name) ?? 0) + 1);
  observe(seconds, outcome.durationMs / 1_000);
}

async function sendOnce(deps: Deps, sendable: Sendable, signal?: AbortSignal): Promise<Outcome> {
  const { outgoing, vault } = deps.webhooks;
  const { body, messageId, event, traceparent } = sendable;
  const url = new URL(sendable.url);
  // It may have been allowed when the webhook was made.
  if (url.protocol === 'http:' && !deps.config.WEBHOOK_ALLOW_HTTP) return unsent('http_not_allowed');
  const at = deps.now();
  let secrets: [string, ...string[]];
  try {
    secrets = openSecrets(vault, sendable.secrets, at);
  } catch (error) {
    deps.log.error({ err: error }, 'the secret of a webhook cannot be read: has SECRET_KEY changed?');
    return unsent('not_sent');
  }
  const headers = headersOf({ body, messageId, event, secrets, traceparent, at });
  return outgoing.post(url, { headers, body }, signal);
}

/** Only 2xx is a success; a redirection is none. */
export const isDelivered = ({ statusCode, error }: Outcome): boolean =>
  error === null && statusCode !== null && statusCode >= 200 && statusCode < 300;

/** An outcome as it is kept. What was answered and is no success has a word for it too. */
export function resultOf(outcome: Outcome) {
  const { statusCode, durationMs, excerpt, error } = outcome;
  const unwanted = statusCode !== null && statusCode >= 300 && statusCode < 400 ? 'redirect_not_followed' : 'not_2xx';
  return {
    response_code: statusCode,
    duration_ms: durationMs,
    response_excerpt: excerpt,
    error: error ?? (isDelivered(outcome) ? null : unwanted),
  };
}
