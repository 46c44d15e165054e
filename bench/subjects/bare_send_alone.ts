import { randomUUIDv7 } from 'node:crypto';
import { openPostgres } from '../../server/src/db/postgres.ts';
import { appendMessages } from '../../server/src/modules/messages/append.ts';
import type { SendInput, SendVerdict } from '../../server/src/modules/messages/append_input.ts';
import { messageJson } from '../../server/src/modules/messages/present.ts';
import { people } from '../seed/shape.ts';
import { configOf } from './app.ts';
import { type BareRequest, listenBare } from './bare_http.ts';
import { report } from './report.ts';

// What sending reaches on PostgreSQL without grouping: the server's own statements, each message in a transaction of its own, through as
// many connections as the server has, behind bare node:http.
const [, , databaseUrl = ''] = process.argv;
const { DATABASE_CONNECTIONS: connections } = configOf('unused', databaseUrl);
const db = openPostgres({ url: databaseUrl, connections });
let groups = 0;

function inputOf({ roomId, place, body }: BareRequest): SendInput {
  const { id = 0, username = '', sessionId = '' } = people[place] ?? {};
  const { content } = JSON.parse(body) as { content: string };
  return {
    actor: { userId: id, username, role: 'user', sessionId },
    address: '127.0.0.1',
    traceparent: null,
    now: Date.now(),
    kind: 'room',
    containerId: roomId,
    uuid: randomUUIDv7(),
    content,
    replyToId: null,
    metadata: '{}',
    clientId: null,
    payloadHash: null,
    fileIds: [],
  };
}

async function send(request: BareRequest): Promise<string> {
  const input = inputOf(request);
  const [verdict] = await db.write('message.send', (writer) => appendMessages(writer, [input]));
  groups++;
  return textOf(verdict as SendVerdict);
}

function textOf(verdict: SendVerdict): string {
  if ('refusal' in verdict) throw verdict.refusal;
  return `{"success":true,"data":${messageJson(verdict.message, [])}}`;
}

const server = await listenBare(201, (request, answer) => {
  send(request).then(answer, (error: unknown) => {
    throw error;
  });
});
report({
  ready: { port: server.port, tokens: [] },
  groups: () => groups,
  stop: () => {
    server.close();
    return db.close();
  },
});
