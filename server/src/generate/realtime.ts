import { closeCodes } from '../realtime/close_codes.ts';
import { commands } from '../realtime/commands.ts';
import { serverFrames } from '../realtime/server_frames.ts';
import { table } from './table.ts';

const fieldsOf = (schema: { readonly properties?: object; readonly required?: readonly string[] }) =>
  Object.keys(schema.properties ?? {})
    .map((name) => (schema.required?.includes(name) ? `\`${name}\`` : `\`${name}?\``))
    .join(', ');

/** docs/realtime.md */
export function realtimeDocument(): string {
  const frames = Object.entries(serverFrames);
  const rowsOf = (isDurable: boolean) =>
    frames
      .filter(([, frame]) => frame.isDurable === isDurable)
      .map(([type, { says, data }]) => [`\`${type}\``, says, fieldsOf(data)]);
  return `# Sockets

Printed from \`server/src/realtime/\`. \`GET /ws\`; every frame, both ways, is JSON in a text message: \`{"type": text, "data": object}\`. A client may add \`request_id\`, which the answer to that frame repeats. The machine-readable
form is \`/asyncapi.json\`.

A command is the same action as its REST route: the same rights, limits, errors and idempotency. Frames of one socket are worked on in their order.

## The connection

1. The server says \`hello\`. The client says \`authenticate {token, resume?}\` within five seconds, or sent \`Authorization: Bearer\` with the upgrade (and \`?resume=\` in its address); a token never stands in an address.
2. \`auth_success\`: from now on the socket hears of every room and conversation its person is in. Frames sent before it (at most 8, 16 KiB) are worked on then.
3. With \`resume\`, the \`event_id\` of the last durable frame the client has seen, everything missed comes first, then \`resumed\`, then what happens: nothing twice, nothing missing, over cut connections and restarts. \`resume_failed\`
   means that it is too long ago: read the lists.
4. Durable frames are upserts: they carry the thing as it is now, with its \`version\`; a client ignores versions lower than the one it has. What was edited or deleted meanwhile comes in its present form.
5. \`authenticate\` again, on a socket that lives, renews it before its token expires. Every \`heartbeat_ms\` comes a \`heartbeat\` and a ping; a socket silent for two and a half of them is given up.

## Commands

${table(
  ['command', 'what for', 'fields', 'answer'],
  [...commands].map(([type, { summary, data, answer }]) => [
    `\`${type}\``,
    summary,
    fieldsOf(data as { properties: object; required?: string[] }),
    `\`${answer}\``,
  ]),
)}
Besides: \`authenticate {token, resume?}\`, \`ping {timestamp?}\` → \`pong\`, \`disconnect {reason?}\`, after which the server closes with 1000. What is refused is answered by \`error\`.

## What happened

Told from the event log, with \`event_id\`. In frames \`reactions\` is a list. The fields named are always there, but for a thing that is gone altogether; more may come.

${table(['frame', 'when', 'fields'], rowsOf(true))}
## Keeping a state

What a client has read once it keeps by events alone:

1. It notes where the log is (\`last_event_id\` of \`hello\`, or \`next_cursor\` of \`GET /events\`), reads the lists, and then takes the events after that place. What the lists had already comes again and changes nothing.
2. A message is kept by its id. Whatever tells of it, a reaction, a pin and the \`root\` of a reply too, carries its \`version\` as it is now: a lower one is ignored, an equal one is taken.
3. A deleted message goes when its \`thread_count\` is 0, and else stays, empty; so a deleted root goes with its last reply.
4. Which reactions are one's own follows from the events that name oneself. Unread is what others wrote after one's read mark, and lives; \`read_updated\` moves the mark, and so does a message of one's own.
5. \`user_updated\` comes for everybody whose name stands where one is, also of who has left: it is to be changed wherever it is shown. One's own e-mail is in it, and for admins everybody's.
6. Into what one comes new, a room one has joined or a person one has not met, one has to look: \`user_joined\` tells of the room no more than its number.

## Answers, and what is not kept

${table(['frame', 'when', 'fields'], rowsOf(false))}
## Why a socket is closed

${table(
  ['code', 'why', 'connect again?'],
  Object.values(closeCodes).map(([code, says, reconnect]) => [`${code}`, says, reconnect]),
)}
A frame that is no JSON, of an unknown type or of the wrong shape is answered by \`error VALIDATION_FAILED\`; ten of them in a minute, or ten frames above the rate, close the socket with ${closeCodes.tooMany[0]}. \`Origin\`, where it is sent, must be the server's own or one of \`CORS_ORIGINS\`.
`;
}
