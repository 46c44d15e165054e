import { sent } from '../realtime/asyncapi/messages.ts';
import { closeCodes } from '../realtime/close_codes.ts';
import { commands } from '../realtime/commands.ts';
import { MAX_PEOPLE } from '../realtime/presence.ts';
import { serverFrames } from '../realtime/server_frames.ts';
import { MAX_STRIKES } from '../realtime/strikes.ts';
import { TYPING_MS } from '../realtime/typing.ts';
import { fieldRows, fieldsOf } from './fields.ts';
import { table } from './table.ts';

/** docs/realtime.md */
export function realtimeDocument(): string {
  const frames = Object.entries(serverFrames);
  const rowsOf = (isDurable: boolean) =>
    frames
      .filter(([, frame]) => frame.isDurable === isDurable)
      .map(([type, { says, data }]) => [`\`${type}\``, says, fieldsOf(data)]);
  return `# Sockets

Printed from \`server/src/realtime/\`. The address is \`GET /ws\` of the server, not below \`/api/v1\`: \`ws://127.0.0.1:8080/ws\`, or \`wss://chat.example.com/ws\` behind a proxy that speaks TLS. [Listen over a socket](how-to/listen-over-a-socket.md) has a whole client.

Every frame, both ways, is JSON in a text message: \`{"type": text, "data": object}\`, such as \`{"type":"join_room","data":{"room_id":1}}\`. A client may add \`request_id\`, which the answer to that frame repeats. The machine-readable
form is \`/asyncapi.json\`.

A command is the same action as its REST route: the same rights, limits, errors and idempotency. Frames of one socket are worked on in their order.

## The connection

1. The server says \`hello\`. The client says \`authenticate {token, resume?}\` within five seconds, or sent \`Authorization: Bearer\` with the upgrade (and \`?resume=\` in its address); a token never stands in an address.
2. \`auth_success\`: from now on the socket hears of every room and conversation its person is in. Frames sent before it (at most 8, 16 KiB) are worked on then.
3. With \`resume\`, the \`event_id\` of the last durable frame the client has seen, everything missed comes first, then \`resumed\`, then what happens: nothing twice, nothing missing, over cut connections and restarts. \`resume_failed\`
   means that there is nothing to go on from, and that the socket is live all the same: read the lists. Its \`reason\` is \`expired\` where the log has no such event any more (or none yet, as after a restore), and \`unknown\` where what came is no \`event_id\`.
4. Durable frames are upserts: they carry the thing as it is now, with its \`version\`; a client ignores versions lower than the one it has. What was edited or deleted meanwhile comes in its present form.
5. \`authenticate\` again, on a socket that lives, renews it before its token expires. Every \`heartbeat_ms\` comes a \`heartbeat\` and a ping; a socket silent for two and a half of them is given up.

## Commands

${table(
  ['command', 'what for', 'fields', 'answer'],
  [...commands].map(([type, { summary, data, answer }]) => [`\`${type}\``, summary, fieldsOf(data), `\`${answer}\``]),
)}
Besides: \`authenticate {token, resume?}\`, \`ping {timestamp?}\` → \`pong\`, \`disconnect {reason?}\`, after which the server closes with 1000. \`?\` stands behind what may be left out. Where both \`room_id?\` and \`conversation_id?\` stand, exactly one of them is named.

What is refused is answered by \`error\`, with [the codes of the REST API](errors.md). One is called otherwise here: \`CONVERSATION_BLOCKED\`, where REST says \`USER_BLOCKED\`.

A room one is in needs no \`join_room\`: after \`auth_success\` the socket hears of it.

### Fields

Ids are numbers, and so are all counts; an \`event_id\`, as in \`resume\`, is a text. A field that a command does not know is refused.

${table(['field', 'type', 'meaning', 'with'], fieldRows(sent))}
### Typing

\`typing_start\` ends by itself after ${TYPING_MS / 1_000} seconds: the others get \`typing_stop\` then. Who types for longer says it again. One's own sockets are not told.

### Presence

\`user_presence\` is gathered: of each person at most one a second, with how things stand by then. Nobody is told by way of a room with more than ${MAX_PEOPLE} people online. Two people between whom a block stands hear nothing of each other's presence, in rooms that they share neither. How somebody stands at the beginning is \`status\` in REST: of members, users, and the other side of a conversation. \`invisible\` is shown as \`offline\`, and \`current_room\` only to those who may see that room.

## What happened

Told from the event log, with \`event_id\`; [what events are called](event-names.md) elsewhere. In frames \`reactions\` is a list. The fields named are always there, but for a thing that is gone altogether; more may come.

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
Counted as faults are what is answered by \`error VALIDATION_FAILED\` (a frame that is no JSON, of an unknown type, or with a wrong value) and each frame, ping or unasked pong above the rate (\`RATE_LIMIT_FRAMES\`), both in one count: ${MAX_STRIKES} within the minute that the first of them begins close the socket with ${closeCodes.tooMany[0]}. Other refusals are not counted, nor is the limit of a command. Before \`auth_success\` there is no rate: more than the 8 frames or 16 KiB that may wait close the socket at once.

## What is refused before it is a socket

The upgrade is answered by HTTP, with the envelope of the REST API: 403 \`PERMISSION_DENIED\` where \`Origin\` is sent, as by every page, and is neither the server's own nor one of \`CORS_ORIGINS\`; 503 \`SERVICE_UNAVAILABLE\` where there are \`MAX_SOCKETS\` already, or the server is about to end; 404 at another path; 400 for what is no upgrade as the protocol has it. A browser shows its page none of it, but a close with 1006.
`;
}
