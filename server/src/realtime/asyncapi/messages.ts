import { type TSchema, Type } from 'typebox';
import { type Components, documented, type Json } from '../../http/openapi/schemas.ts';
import { Strict } from '../../schemas.ts';
import { commands } from '../commands.ts';
import { Authenticate, Disconnect, Ping } from '../schema.ts';
import { frameSchema, type ServerFrame, serverFrames } from '../server_frames.ts';
import { sentByClients, sentByServer } from './examples.ts';

/** What a client may send: what for, under which right and limit, and what answers it. */
export interface Sent {
  readonly type: string;
  readonly summary: string;
  readonly data: TSchema;
  readonly answers: readonly string[];
  readonly action: string | undefined;
  readonly limit: string | undefined;
}

const ofConnection = { action: undefined, limit: undefined };
const aboutConnection: readonly Sent[] = [
  {
    ...{ ...ofConnection, type: 'authenticate', summary: 'Say who one is, or renew it', data: Authenticate },
    answers: ['auth_success', 'auth_error'],
  },
  { ...ofConnection, type: 'ping', summary: 'See that the connection lives', data: Ping, answers: ['pong', 'error'] },
  { ...ofConnection, type: 'disconnect', summary: 'Say goodbye', data: Disconnect, answers: [] },
];

/** Everything a client may send. */
export const sent: readonly Sent[] = [
  ...aboutConnection,
  ...[...commands].map(([type, { summary, data, answer, action, limit }]) => ({
    ...{ type, summary, data, action, limit },
    answers: [answer, 'error'],
  })),
];

const pascal = (name: string) => name.replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
/** Some are called alike on both sides. */
export const commandName = (type: string): string => `${pascal(type)}Command`;
export const frameName = (type: string): string => `${pascal(type)}Frame`;

/** What is left of a thing that is gone by the time it is told of. */
const Gone = Type.Object(
  { event_id: Type.String(), is_deleted: Type.Literal(true) },
  { additionalProperties: true, description: 'The thing is gone: its ids, and what is known of it.' },
);

/** The whole of a frame of the server, as it comes. */
function payloadOf(type: string, { data, isDurable }: ServerFrame): TSchema {
  return frameSchema(type, isDurable ? Type.Union([data, Gone]) : data);
}

const correlated = { correlationId: { $ref: '#/components/correlationIds/request' } };

/** Every message of the sockets, by its name among the components. */
export function socketMessages(components: Components): Record<string, Json> {
  const messages: Record<string, Json> = {};
  for (const { type, summary, data } of sent) {
    const whole = Strict({ type: Type.Enum([type]), data, request_id: RequestId });
    messages[commandName(type)] = messageOf(type, summary, documented(whole, components), sentByClients[type]);
  }
  for (const [type, frame] of Object.entries<ServerFrame>(serverFrames)) {
    const whole = documented(payloadOf(type, frame), components);
    const message = messageOf(type, frame.says, whole, sentByServer[type]);
    messages[frameName(type)] = frame.isDurable ? { ...message, 'x-durable': true } : message;
  }
  return messages;
}

const RequestId = Type.Optional(Type.String({ maxLength: 128, description: 'Repeated in the answer.' }));

function messageOf(name: string, summary: string, payload: Json, example: object | undefined): Json {
  const examples = example ? { examples: [{ payload: { type: name, data: example } }] } : {};
  return { name, summary, ...correlated, payload, ...examples };
}
