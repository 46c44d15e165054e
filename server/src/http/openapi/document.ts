import type { Route } from '../route.ts';
import { operationOf, sharedParameters } from './operation.ts';
import { commonHeaders } from './responses.ts';
import type { Components, Json } from './schemas.ts';
import { type Announced, webhookParameters, webhooksOf } from './webhooks.ts';

const description = `Answers are \`{"success": true, "data": …}\`, refusals \`{"success": false, "error": {code, message, details, timestamp, request_id}}\`.
\`code\` is the contract; \`message\` is for people, in English or French by \`Accept-Language\`.

Every number has its limit: beyond it the answer is 400 and names the field. Unknown query parameters are ignored and named in \`X-Ignored-Parameters\`;
unknown fields of a body are refused. Bodies may come gzipped; answers are compressed when asked for.`;

/** The OpenAPI 3.1 document, from the very schemas that validate. */
export function openapiOf(routes: readonly Route[], version: string, announced: Announced = nothing): Json {
  const components: Components = { schemas: new Map([['Error', errorSchema]]), responses: new Map() };
  const paths: Record<string, Json> = {};
  const ids = new Set<string>();
  for (const route of routes) {
    const operation = operationOf(route, operationId(route, ids), components);
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation };
  }
  const webhooks = webhooksOf(announced, components);
  return {
    openapi: '3.1.0',
    info: { title: 'Veza Chat Server', version, description, license: { name: 'MIT', identifier: 'MIT' } },
    servers: [{ url: '/', description: 'This server.' }],
    security: [{ bearer: [] }],
    tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    webhooks,
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'The access token of a sign-in.' },
        operator: { type: 'http', scheme: 'bearer', description: '`METRICS_TOKEN`, where the server has one.' },
      },
      parameters: { ...sharedParameters, ...webhookParameters(announced) },
      headers: commonHeaders,
      responses: sorted(components.responses),
      schemas: sorted(components.schemas),
    },
  };
}

const nothing: Announced = { events: [], headers: {}, answers: {} };

const filler = new Set(['a', 'an', 'the', 'my']);

/** `List the messages of a room, newest first` → `listMessagesOfRoom`; where that is taken, the method tells them apart. */
function operationId({ summary, method }: Route, taken: Set<string>): string {
  const words = (summary.split(/[,;:]/, 1)[0] ?? '').toLowerCase().match(/[a-z0-9]+/g) ?? [];
  const [first = '', ...rest] = words.filter((word, i) => i === 0 || !filler.has(word));
  const id = first + rest.map(capitalised).join('');
  const free = taken.has(id) ? id + capitalised(method.toLowerCase()) : id;
  if (taken.has(free)) throw new Error(`Two operations would be called ${free}`);
  taken.add(free);
  return free;
}

const sorted = (map: Map<string, Json>) => Object.fromEntries([...map].sort(([a], [b]) => (a < b ? -1 : 1)));

const capitalised = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);

const errorSchema: Json = {
  type: 'object',
  required: ['success', 'error'],
  additionalProperties: false,
  properties: {
    success: { type: 'boolean', const: false },
    error: {
      type: 'object',
      required: ['code', 'message', 'details', 'timestamp', 'request_id'],
      additionalProperties: false,
      properties: {
        code: { type: 'string', description: 'One of docs/errors.md.' },
        message: { type: 'string', description: 'For people; may change.' },
        details: { type: 'object', additionalProperties: true },
        timestamp: { type: 'string', format: 'date-time' },
        request_id: { type: 'string' },
      },
    },
  },
};
