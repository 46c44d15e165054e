import { type EventType, eventCatalogue, type ReadName, readEvents, readNames, webhookEvents } from '../events.ts';
import { frameNames } from '../realtime/frames.ts';
import { serverFrames } from '../realtime/server_frames.ts';
import { table } from './table.ts';

const audiences = {
  members: 'who is in the room or conversation',
  self: 'oneself',
  acquaintances: 'who is, or was, in a place with that person',
  admins: 'admins, and whom it is about',
};

const quoted = (name: string | undefined) => (name === undefined ? '–' : `\`${name}\``);
const saidOf: Readonly<Record<string, { readonly says: string } | undefined>> = { ...serverFrames, ...webhookEvents };
const frames: Readonly<Partial<Record<ReadName, string>>> = frameNames;
const told = Object.entries(readEvents);

function rowOf(name: ReadName): string[] {
  const frame = frames[name] ?? name;
  const to = new Set(told.filter(([, { as }]) => as === name).map(([, { to }]) => audiences[to]));
  const audience = name === 'direct_message_sent' ? [audiences.members] : [...to];
  return [
    saidOf[name]?.says ?? '',
    quoted(name),
    quoted(frame),
    quoted(Object.hasOwn(webhookEvents, name) ? name : undefined),
    audience.join('; '),
  ];
}

/** docs/event-names.md */
export function eventNamesDocument(): string {
  const forWebhooks = Object.entries(webhookEvents).filter(([name]) => !readNames.includes(name as ReadName));
  const toNobody = (Object.keys(eventCatalogue) as EventType[]).filter(
    (type) => !Object.hasOwn(readEvents, type) && !Object.hasOwn(webhookEvents, type),
  );
  return `# What events are called

Printed from \`server/src/events.ts\`. One log is read in three ways, and not every name is the same in all of them:

- **log**: \`type\` in \`GET /events\` and \`GET /events/stream\`, and what their \`types=\` takes ([the REST API](api.md#events)),
- **socket**: the \`type\` of the frame ([sockets](realtime.md#what-happened)),
- **webhook**: \`event\` in the body, and what \`events\` of a webhook takes ([what webhooks are told](webhook-events.md)). Of conversations webhooks are told of \`direct_message_sent\` alone.

${table(
  ['what has happened', 'log', 'socket', 'webhook', 'who is told of it by log and socket'],
  [...readNames.map(rowOf), ...forWebhooks.map(([name, { says }]) => [says, '–', '–', quoted(name), '–'])],
)}
A socket also gets answers, and what is not in the log, such as \`user_presence\` and \`typing_start\`.

In the log, and told to nobody: ${toNobody.map(quoted).join(', ')}.
`;
}
