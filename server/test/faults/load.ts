import assert from 'node:assert/strict';
import type { HttpClient } from './http_client.ts';
import { attemptSend, EMOJI, type Entry, isLiving, type Ledger, type Place, passMark } from './ledger.ts';
import type { Upload } from './ledger_files.ts';
import { removeFile, upload } from './load_files.ts';
import { anyOf, ask, type Loop, type Question } from './loop.ts';

interface LoadOptions {
  /** The database may be away: 503 says that nobody knows what was done. */
  readonly outages?: boolean;
}

const LOOPS_PER_PLAYER = 3;

/** Everybody at once, each one thing after the other, until the server is gone. Resolves when the last one has noticed. */
export async function load(
  client: HttpClient,
  ledger: Ledger,
  places: readonly Place[],
  round: number,
  stopped: () => boolean,
  { outages = false }: LoadOptions = {},
): Promise<void> {
  const running: Promise<void>[] = [];
  for (const place of places) {
    for (const player of place.players) {
      for (let n = 0; n < LOOPS_PER_PLAYER; n++) {
        const name = `${round}-${place.id}-${player.id}-${n}`;
        running.push(
          run({
            ...{ client, ledger, place, player, name, round, stopped, outages },
            ...{ own: [], files: [], count: 0, gone: false },
          }),
        );
      }
    }
  }
  // When a loop complains, the others still end before it is heard.
  const ended = await Promise.allSettled(running);
  for (const end of ended) if (end.status === 'rejected') throw end.reason;
}

async function run(loop: Loop): Promise<void> {
  while (!loop.gone && !loop.stopped()) await step(loop);
}

async function step(loop: Loop): Promise<void> {
  const dice = Math.random();
  const entry = anyOf(loop.own);
  if (dice < 0.65 || !entry) return send(loop);
  if (dice < 0.77) return edit(loop, entry);
  if (dice < 0.86) return read(loop);
  if (dice < 0.89) return remove(loop, entry);
  if (dice < 0.91) return pin(loop, entry);
  if (dice < 0.94) return react(loop, entry);
  const file = anyOf(loop.files);
  return dice < 0.985 || !file ? upload(loop) : removeFile(loop, file);
}

async function send(loop: Loop): Promise<void> {
  const { ledger, place, player } = loop;
  const clientId = `${loop.name}-${loop.count++}`;
  const parent = Math.random() < 0.25 ? anyOf(recentIn(ledger, place)) : undefined;
  const file = takeFile(loop);
  const body = {
    content: words(loop, `message ${clientId}`),
    parent_message_id: parent?.id ?? null,
    metadata: { client_id: clientId, round: loop.round },
    ...(file?.id === undefined ? {} : { file_ids: [file.id] }),
  };
  const entry = attemptSend(ledger, place, player, body);
  if (file) file.entry = entry;
  // The author of the message replied to may have deleted it meanwhile.
  const refused = () => {
    entry.sent = 'refused';
    if (!file) return;
    file.entry = undefined;
    loop.files.push(file);
  };
  const expected = parent ? [201, 422] : [201];
  const reply = await ask(loop, {
    method: 'POST',
    path: `${place.path}/messages`,
    body,
    expected,
    refused,
  });
  if (!reply) return;
  if (reply.status === 422) return refused();
  assert.equal(reply.data.content, body.content);
  entry.sent = 'acknowledged';
  entry.id = reply.data.id as number;
  loop.own.push(entry);
  if (file) loop.files.push(file);
  passMark(ledger, place, player, entry.id);
}

/** One that hangs on nothing yet. Where nobody knows the end of the message it goes with, it stays out of reach. */
function takeFile(loop: Loop): Upload | undefined {
  const file = loop.files.find(({ entry }) => entry === undefined);
  if (file) loop.files = loop.files.filter((other) => other !== file);
  return file;
}

async function edit(loop: Loop, entry: Entry): Promise<void> {
  const content = words(loop, `message ${entry.clientId} edited ${loop.count++}`);
  entry.contents.push(content);
  const refused = () => void entry.contents.pop();
  const question = {
    method: 'PUT',
    path: `/messages/${entry.id}`,
    body: { content },
    expected: [200],
    refused,
  } as const;
  if (await ask(loop, question)) entry.contents = [content];
}

async function read(loop: Loop): Promise<void> {
  const { ledger, place, player } = loop;
  const target = anyOf(recentIn(ledger, place));
  const body = target && Math.random() < 0.7 ? { message_id: target.id } : {};
  const refused = () => undefined;
  const reply = await ask(loop, { method: 'POST', path: `${place.path}/read`, body, expected: [200], refused });
  if (reply) passMark(ledger, place, player, reply.data.last_read_message_id);
}

/** Its files go with it. */
async function remove(loop: Loop, entry: Entry): Promise<void> {
  const files = loop.files.filter((file) => file.entry === entry);
  const isNow = (deletion: Entry['deletion']) => {
    for (const one of [entry, ...files]) one.deletion = deletion;
  };
  isNow('attempted');
  loop.own = loop.own.filter((other) => other !== entry);
  loop.files = loop.files.filter((file) => !files.includes(file));
  const refused = () => isNow('none');
  const question = { method: 'DELETE', path: `/messages/${entry.id}`, expected: [204], refused } as const;
  if (await ask(loop, question)) isNow('acknowledged');
}

async function pin(loop: Loop, entry: Entry): Promise<void> {
  const pinned = entry.pins[0] !== true;
  entry.pins.push(pinned);
  const refused = () => void entry.pins.pop();
  const question = {
    method: 'POST',
    path: `/messages/${entry.id}/pin`,
    body: { pinned },
    expected: [200],
    refused,
  } as const;
  if (await ask(loop, question)) entry.pins = [pinned];
}

async function react(loop: Loop, entry: Entry): Promise<void> {
  const reacted = entry.reacted[0] !== true;
  const isSure = entry.reacted.length === 1;
  entry.reacted.push(reacted);
  const path = `/messages/${entry.id}/reactions`;
  const refused = () => void entry.reacted.pop();
  const question: Question = reacted
    ? { method: 'POST', path, body: { emoji: EMOJI }, expected: isSure ? [201] : [200, 201], refused }
    : {
        method: 'DELETE',
        path: `${path}/${encodeURIComponent(EMOJI)}`,
        expected: isSure ? [204] : [204, 404],
        refused,
      };
  if (await ask(loop, question)) entry.reacted = [reacted];
}

const recentIn = ({ entries }: Ledger, place: Place) =>
  entries.slice(-300).filter((entry) => entry.place === place && isLiving(entry));

/** Now and then somebody is mentioned, now and then it is long. */
function words(loop: Loop, start: string): string {
  const mention = Math.random() < 0.15 ? ` @${anyOf(loop.place.players)?.name}` : '';
  return `${start}${mention}${' and so on'.repeat(Math.random() < 0.1 ? 150 : 0)}`;
}
