import { Type } from 'typebox';
import { type Components, documented, type Json } from '../../http/openapi/schemas.ts';
import { Strict } from '../../schemas.ts';
import { closeCodes } from '../close_codes.ts';
import { eventStream } from './event_stream.ts';
import { socketMessages } from './messages.ts';
import { socketOperations } from './operations.ts';

const description = `Every frame, both ways, is \`{"type": text, "data": object}\` as JSON in a text message; a client may add \`request_id\`, which the answer repeats.
A command is the same action as its REST route, with the same rights (\`x-action\`), limits (\`x-rate-limit\`) and refusals. Operations are named from where the server stands: it receives commands, and sends what has happened.

What is \`x-durable\` carries \`event_id\`, its place in the event log, from which a socket resumes. Fields that are not named may come at any time; how a connection goes is in docs/realtime.md.`;

/** The AsyncAPI 3.0 document, from the schemas that judge what clients send and the catalogue of what the server sends. */
export function asyncapiOf(version: string): Json {
  const components: Components = { schemas: new Map(), responses: new Map() };
  const messages = socketMessages(components);
  const stream = eventStream(components);
  return {
    asyncapi: '3.0.0',
    info: { title: 'Veza Chat Server', version, description, license: { name: 'MIT' } },
    defaultContentType: 'application/json',
    servers: { sockets: serverOf('ws', ['bearer', 'token']), http: serverOf('http', ['bearer']) },
    channels: { sockets: socketChannel(Object.keys(messages), components), events: stream.channel },
    operations: { ...socketOperations(), streamEvents: stream.operation },
    components: {
      messages: { ...messages, ...stream.message },
      schemas: Object.fromEntries([...components.schemas].sort(([a], [b]) => (a < b ? -1 : 1))),
      correlationIds: { request: { location: '$message.payload#/request_id', description: 'The same in the answer.' } },
      securitySchemes: {
        bearer: {
          ...{ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
          description: 'The access token of a sign-in, in the header `Authorization` of the request or the upgrade.',
        },
        token: { type: 'apiKey', in: 'password', description: 'The same token in the frame `authenticate`.' },
      },
    },
  };
}

function serverOf(protocol: 'ws' | 'http', schemes: readonly string[]): Json {
  return {
    host: '{host}',
    protocol,
    description: `This server; \`${protocol === 'ws' ? 'wss' : 'https'}\` behind a proxy that speaks TLS.`,
    variables: { host: { default: '127.0.0.1:8080', description: 'Where it listens.' } },
    security: schemes.map((name) => ({ $ref: `#/components/securitySchemes/${name}` })),
  };
}

function socketChannel(names: readonly string[], components: Components): Json {
  const query = Strict({ resume: Type.Optional(Type.String({ description: 'The `event_id` to go on after.' })) });
  const headers = Type.Object({ Authorization: Type.Optional(Type.String({ pattern: '^Bearer ' })) });
  return {
    address: '/ws',
    title: 'Sockets',
    servers: [{ $ref: '#/servers/sockets' }],
    messages: Object.fromEntries(names.map((name) => [name, { $ref: `#/components/messages/${name}` }])),
    bindings: {
      ws: {
        method: 'GET',
        query: documented(query, components),
        headers: documented(headers, components),
        bindingVersion: '0.1.0',
      },
    },
    'x-close-codes': Object.values(closeCodes).map(([code, says, reconnect]) => ({ code, says, reconnect })),
  };
}
