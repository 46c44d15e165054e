import type { TSchema } from 'typebox';
import { type Components, documented, type Json } from './schemas.ts';

/** What the server sends by itself to those who have asked for it. */
export interface Announced {
  readonly events: readonly { readonly event: string; readonly summary: string; readonly body: TSchema }[];
  readonly headers: Readonly<
    Record<string, { readonly description: string; readonly pattern: string; readonly required: boolean }>
  >;
  readonly answers: Readonly<Record<string, string>>;
}

/** The `webhooks` of the document, an operation for each event. */
export function webhooksOf({ events, headers, answers }: Announced, components: Components): Json {
  const parameters = Object.keys(headers).map((name) => ({ $ref: `#/components/parameters/${componentOf(name)}` }));
  const responses = Object.fromEntries(
    Object.entries(answers).map(([status, description]) => [status, { description }]),
  );
  return Object.fromEntries(
    events.map(({ event, summary, body }) => {
      const content = { 'application/json': { schema: documented(body, components) } };
      const requestBody = { required: true, content };
      const described = { operationId: `receive_${event}`.replaceAll(/_([a-z])/g, upper), tags: ['webhooks'], summary };
      return [event, { post: { ...described, security: [], parameters, requestBody, responses } }];
    }),
  );
}

/** What each of them refers to. */
export function webhookParameters({ headers }: Announced): Json {
  return Object.fromEntries(
    Object.entries(headers).map(([name, { description, pattern, required }]) => [
      componentOf(name),
      { name, in: 'header', required, description, schema: { type: 'string', pattern } },
    ]),
  );
}

/** `webhook-id` → `SentWebhookId`. */
const componentOf = (name: string) => `Sent${`-${name}`.replaceAll(/-([a-zA-Z])/g, upper)}`;

const upper = (_: string, letter: string) => letter.toUpperCase();
