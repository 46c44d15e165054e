import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import { commands } from '../../src/realtime/commands.ts';
import { serverFrames } from '../../src/realtime/server_frames.ts';
import { messageFaults, published } from '../realtime/documented.ts';

const { channels, operations, components } = published;
const messages = Object.entries(components.messages);
const isCommand = (name: string) => name.endsWith('Command');

test('the committed document is that of the code', async () => {
  const file = new URL('../../../asyncapi.json', import.meta.url);
  assert.deepEqual(JSON.parse(await readFile(file, 'utf8')), published, 'run npm run generate');
});

test('it is an AsyncAPI document, by the schema of its makers', async () => {
  const file = new URL(import.meta.resolve('@asyncapi/specs/schemas/3.0.0.json'));
  const official = JSON.parse(await readFile(file, 'utf8'));
  // It brings the schema of schemas along.
  const ajv = new Ajv({ strict: false, meta: false, validateSchema: false, validateFormats: false });
  const isFitting = ajv.compile(official);
  assert.ok(isFitting(published), JSON.stringify(isFitting.errors?.slice(0, 5), null, 2));
  assert.ok(!isFitting({ ...published, channels: { sockets: { adress: '/ws' } } }), 'it would be seen');
});

test('every reference leads somewhere, and every component is used', () => {
  const text = JSON.stringify(published);
  const references = new Set([...text.matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path = '']) => path));
  for (const path of references) {
    const found = path.split('/').reduce((node: unknown, key) => (node as Record<string, unknown>)?.[key], published);
    assert.ok(found, path);
  }
  for (const [kind, entries] of Object.entries(components))
    for (const name of Object.keys(entries)) assert.ok(references.has(`components/${kind}/${name}`), `${kind}/${name}`);
  for (const [name, channel] of Object.entries(channels))
    for (const message of Object.keys(channel.messages))
      assert.ok(references.has(`channels/${name}/messages/${message}`), `nothing sends or receives ${message}`);
});

test('there is a message for each frame and each command, and an operation with its right and its limit', () => {
  const names = (isOne: (name: string) => boolean) =>
    messages.filter(([name]) => isOne(name)).map(([, message]) => message.name);
  assert.deepEqual(names((name) => name.endsWith('Frame')).sort(), Object.keys(serverFrames).sort());
  const known = [...commands.keys(), 'authenticate', 'ping', 'disconnect'];
  assert.deepEqual(names(isCommand).sort(), known.sort());
  for (const [type, { action, limit }] of commands) {
    const operation = operations[type.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())];
    assert.deepEqual([operation?.['x-action'], operation?.['x-rate-limit']], [action, limit], type);
  }
});

test('what is shown as an example is as the schemas say, of every command and the main frames', () => {
  for (const [name, { examples = [] }] of messages)
    for (const { payload } of examples) assert.deepEqual(messageFaults(name, payload), []);
  const without = messages.filter(([name, { examples }]) => isCommand(name) && !examples).map(([name]) => name);
  assert.deepEqual(without, []);
  const shown = messages.filter(([name, { examples }]) => !isCommand(name) && examples);
  assert.ok(shown.length >= 20, `${shown.length}`);
});

test('every message is valid against one alone of its channel', () => {
  const names = messages.map(([name]) => name).filter((name) => name !== 'StreamedEvent');
  for (const [own, { examples = [] }] of messages)
    for (const { payload } of examples) {
      const fitting = names.filter((name) => messageFaults(name, payload).length === 0);
      assert.deepEqual(fitting, [own]);
    }
});
