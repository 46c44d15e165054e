import { webhookEvents } from '../events.ts';
import { table } from './table.ts';

/** docs/webhook-events.md */
export function webhookEventsDocument(): string {
  const entries = Object.entries(webhookEvents);
  const rowsOf = (within: 'room' | 'server') =>
    entries.filter(([, event]) => event.within === within).map(([name, { says }]) => [`\`${name}\``, says]);
  return `# What webhooks are told

Printed from \`server/src/events.ts\`. How to receive them: [receive webhooks](how-to/receive-webhooks.md). What sockets and the event log call the same: [what events are called](event-names.md).

## In rooms

A webhook of a room hears of its room, one of the whole server of every room. \`*\` stands for all of these.

${table(['event', 'what has happened'], rowsOf('room'))}
## Outside of rooms

Only a webhook of the whole server hears of these, and only when it names them.

${table(['event', 'what has happened'], rowsOf('server'))}
## The body

\`\`\`json
{
  "id": "evt_0ba6b657-174d-4344-b735-268f59742eb0",
  "event": "user_joined",
  "timestamp": "2026-11-25T22:29:04.056Z",
  "webhook_id": 1,
  "data": { "room_id": 2, "user_id": 3, "username": "bob", "role": "member" }
}
\`\`\`

\`data\` is the thing that the event is about, as the REST API shows it: a message, a room, a membership, a ban, a person, a file or a webhook. Fields about whoever asks are empty, as nobody does: \`my_role\` is null, \`unread_count\` 0.
Besides, there are always \`room_id\` (null outside of rooms) and \`actor_id\`, the id of who did it; a message has its author's id as \`user_id\` too.

\`data\` is made just before the first attempt. A message that was edited or deleted since the event is shown as it is at that time; of a thing that is gone there are the ids alone. Every later attempt sends the same bytes.

\`GET /openapi.json\` describes the body of each event under \`webhooks\`, with the headers and what a receiver's answer does, for tools that make code of it.

A body has at most 64 KiB. Where it would have more, the longest fields of \`data\` are cut and named in \`data.truncated\`.
`;
}
