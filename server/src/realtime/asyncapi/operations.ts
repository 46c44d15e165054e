import type { Json } from '../../http/openapi/schemas.ts';
import { type ServerFrame, serverFrames } from '../server_frames.ts';
import { commandName, frameName, type Sent, sent } from './messages.ts';

const camel = (type: string) => type.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
const channel = { $ref: '#/channels/sockets' };
const ofChannel = (name: string) => ({ $ref: `#/channels/sockets/messages/${name}` });

/** What goes over a socket; the server is the one who sends and receives. */
export function socketOperations(): Record<string, Json> {
  return {
    ...Object.fromEntries(sent.map((one) => [camel(one.type), received(one)])),
    tellEvents: told('What has happened, from the event log', ({ isDurable }) => isDurable),
    tellUnasked: told(
      'What is told unasked, and not kept',
      ({ isDurable }, type) => !isDurable && !answering.has(type),
    ),
  };
}

function received({ type, summary, answers, action, limit }: Sent): Json {
  return {
    action: 'receive',
    channel,
    summary,
    messages: [ofChannel(commandName(type))],
    ...(answers.length > 0 ? { reply: { channel, messages: answers.map((name) => ofChannel(frameName(name))) } } : {}),
    ...(action ? { 'x-action': action } : {}),
    ...(limit ? { 'x-rate-limit': limit } : {}),
  };
}

/** Answers that do not come unasked, too, as those to a token in the header and to what is no frame do. */
const answering = new Set(
  sent.flatMap(({ answers }) => answers).filter((type) => !['auth_success', 'auth_error', 'error'].includes(type)),
);

function told(summary: string, isOne: (frame: ServerFrame, type: string) => boolean): Json {
  const types = Object.entries<ServerFrame>(serverFrames).filter(([type, frame]) => isOne(frame, type));
  return { action: 'send', channel, summary, messages: types.map(([type]) => ofChannel(frameName(type))) };
}
