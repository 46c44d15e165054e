import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { formOf } from '../harness/form.ts';
import { connect } from '../realtime/socket.ts';
import { openStream } from '../realtime/stream.ts';
import { ask, expecting, streamOverHttp2 } from './client.ts';
import { type Nodes, startNodes } from './nodes.ts';
import { outputOf } from './output.ts';
import type { ProxyProcess } from './proxy_process.ts';
import { keepListening, keepSending } from './sending.ts';

const rollingRestart = join(import.meta.dirname, '../../../deploy/rolling-restart');
const MIB = 1024 * 1024;
const SENDERS = 4;

const variables = {
  ADMIN_PASSWORD: 'password of admin',
  TRUSTED_PROXIES: '127.0.0.1,::1',
  RATE_LIMIT_LOGIN: '5/5m',
  RATE_LIMIT_SEND: '100000/1m',
  RATE_LIMIT_DEFAULT: '100000/1m',
};

/** What a proxy of deploy/ has to let through, to two nodes that are real. */
export function describeProxy(
  name: string,
  start: (nodes: Nodes) => Promise<ProxyProcess>,
  { speaksTls }: { speaksTls: boolean },
): void {
  describe(`two nodes behind ${name}`, () => {
    let nodes: Nodes;
    let proxy: ProxyProcess;
    let url = '';
    let alice = { token: '', id: 0 };
    let bob = { token: '', id: 0 };
    let room = 0;
    before(async () => {
      nodes = await startNodes(variables);
      proxy = await start(nodes);
      url = proxy.url;
      alice = await signUp(url, 'alice');
      bob = await signUp(url, 'bob');
      room = (await expecting(201, url, 'POST', '/rooms', { ...alice, body: { name: 'Kitchen' } })).id;
      await expecting(201, url, 'POST', `/rooms/${room}/members`, { ...alice, body: { user_id: bob.id } });
    });
    after(async () => {
      await proxy?.stop();
      await nodes?.stop();
    });
    const say = async (content: string): Promise<number> =>
      (await expecting(201, url, 'POST', `/rooms/${room}/messages`, { ...alice, body: { content } })).id;

    test('what is written through one node is read through the other', async () => {
      const id = await say('hello');
      for (let i = 0; i < 4; i++) {
        const { messages } = await expecting(200, url, 'GET', `/rooms/${room}/messages`, bob);
        assert.deepEqual(
          messages.map((message: { id: number }) => message.id),
          [id],
        );
      }
    });

    test('sockets on both nodes are told what is sent through either', async () => {
      const ws = url.replace('http', 'ws');
      const sockets = [await connect(ws, alice), await connect(ws, bob)];
      assert.deepEqual(await Promise.all(nodes.ports.map(openSockets)), [1, 1]);
      const ids = [await say('one'), await say('two')];
      for (const socket of sockets) {
        for (const id of ids) await socket.next('room_message', (data) => data.id === id);
        await socket.close();
      }
    });

    test('an event stream is not gathered, and a long poll is answered when something happens', async () => {
      const stream = await openStream(url, bob);
      assert.equal(stream.status, 200);
      const { next_cursor: after } = await expecting(200, url, 'GET', '/events', bob);
      const polled = expecting(200, url, 'GET', `/events?after=${after}&wait=30`, bob);
      await sleep(300);
      const id = await say('now');
      await stream.next(({ data }) => data.data.id === id);
      const { events } = await polled;
      assert.deepEqual(
        events.map((event: { data: { id: number } }) => event.data.id),
        [id],
      );
      await stream.close();
    });

    test('nor is it over HTTP/2, where there is TLS', { skip: !speaksTls && 'plain HTTP' }, async () => {
      const words = 'over HTTP/2';
      const came = await streamOverHttp2(url, bob.token, () => say(words).then(() => words));
      assert.match(came, /^event: message_sent$/m);
    });

    test('files of several MiB pass, what is larger than a file may be is refused', async () => {
      const upload = (bytes: number) => {
        const { body, headers } = formOf([
          { name: 'room_id', content: `${room}` },
          { name: 'file', filename: 'a.txt', content: Buffer.alloc(bytes, 'All work and no play. ') },
        ]);
        return ask(url, 'POST', '/files/upload', { ...alice, body, headers });
      };
      const { status, data } = await upload(8 * MIB);
      assert.equal(status, 201, JSON.stringify(data));
      const download = await fetch(`${url}/api/v1/files/${data.file_id}/download`, {
        headers: { authorization: `Bearer ${bob.token}` },
      });
      const bytes = Buffer.from(await download.arrayBuffer());
      assert.equal(download.status, 200, bytes.toString().slice(0, 500));
      assert.ok(bytes.equals(Buffer.alloc(8 * MIB, 'All work and no play. ')));
      const large = await upload(10 * MIB + 1);
      assert.deepEqual([large.status, large.data.code], [413, 'FILE_TOO_LARGE']);
      const larger = await upload(12 * MIB).then(
        ({ status }) => status,
        () => 'cut off',
      );
      assert.ok([413, 'cut off'].includes(larger), `${larger}`);
    });

    test('the client is who it is: for limits, for the audit log, and whatever it says of itself', async () => {
      const guess = (from: string, i: number) =>
        ask(url, 'POST', '/auth/login', {
          from,
          headers: { 'x-forwarded-for': `203.0.113.${i}` },
          body: { username: `nobody${i}`, password: 'a password' },
        });
      const statuses = new Set<number>();
      // Each node counts for itself: of eleven, one of the two has got six.
      for (let i = 0; i < 11; i++) statuses.add((await guess('127.0.0.3', i)).status);
      assert.deepEqual([...statuses], [401, 429]);
      assert.equal((await guess('127.0.0.4', 0)).status, 401);

      const headers = { 'x-forwarded-for': '203.0.113.9' };
      const body = { name: 'Cellar' };
      const { id } = await expecting(201, url, 'POST', '/rooms', { ...alice, from: '127.0.0.5', headers, body });
      const { logs } = await expecting(200, url, 'GET', '/admin/audit', { token: await adminToken(url) });
      const row = logs.find((entry: { room_id: number | null }) => entry.room_id === id);
      assert.equal(row?.ip_address, '127.0.0.5');
    });

    test('nodes restarted one after another: nothing acknowledged is lost, nobody is told anything twice', async (t) => {
      const stop = new AbortController();
      const listening = await keepListening(url, bob.token, room);
      const { next_cursor: from } = await expecting(200, url, 'GET', '/events', bob);
      const sending = Array.from({ length: SENDERS }, (_, i) =>
        keepSending(url, alice.token, room, { stopped: stop.signal, name: `sender${i}` }),
      );
      const begun = Date.now();
      const { code, output } = await ended(restartAll(nodes));
      stop.abort();
      const sent = await Promise.all(sending);
      assert.equal(code, 0, output);
      assert.deepEqual(nodes.ends, [0, 0]);

      const acknowledged = sent.flatMap((one) => one.acknowledged).sort((a, b) => a - b);
      const last = acknowledged.at(-1) as number;
      for (let i = 0; i < 100 && !listening.hasHeard(last); i++) await sleep(100);
      const { heard, sockets } = await listening.stop();
      assert.deepEqual(heard, acknowledged);
      assert.deepEqual(await messagesSince(url, bob.token, from, room), acknowledged);
      assert.deepEqual(unexpected(sent), []);
      report(t, { seconds: (Date.now() - begun) / 1_000, sent, sockets });
    });

    test('a restart that would leave nobody is not begun', async () => {
      const ends = nodes.ends.length;
      const { code, output } = await ended(restartAll(nodes, '1'));
      assert.equal(code, 1);
      assert.match(output, /^veza@1 is not ready: nothing was restarted$/m);
      assert.equal(nodes.ends.length, ends);
    });
  });
}

type Sending = Awaited<ReturnType<typeof keepSending>>;

/** Answers that a client who repeats has no reason to expect. */
function unexpected(sent: readonly Sending[]): string[] {
  return sent.flatMap(({ answers }) => [...answers.keys()]).filter((answer) => !['201', '502', '503'].includes(answer));
}

function report(t: TestContext, run: { seconds: number; sent: readonly Sending[]; sockets: number }): void {
  const all = new Map<string, number>();
  for (const { answers } of run.sent)
    for (const [answer, count] of answers) all.set(answer, (all.get(answer) ?? 0) + count);
  const answers = [...all].map(([answer, count]) => `${count} × ${answer}`).join(', ');
  t.diagnostic(`${run.seconds.toFixed(1)} s, answers: ${answers}; sockets one after another: ${run.sockets}`);
}

async function signUp(url: string, username: string): Promise<{ token: string; id: number }> {
  const body = { username, email: `${username}@example.com`, password: `password of ${username}` };
  const { access_token: token, user } = await expecting(201, url, 'POST', '/auth/register', { body });
  return { token, id: user.id };
}

async function adminToken(url: string): Promise<string> {
  const body = { username: 'admin', password: variables.ADMIN_PASSWORD };
  return (await expecting(200, url, 'POST', '/auth/login', { body })).access_token;
}

async function openSockets(port: number): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return Number(/^veza_sockets (\d+)$/m.exec(text)?.[1]);
}

function restartAll({ ports, restart }: Nodes, ...more: string[]): ChildProcess {
  return spawn(rollingRestart, [...ports.map(String), ...more], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, VEZA_RESTART: restart },
  });
}

async function ended(child: ChildProcess): Promise<{ code: number | null; output: string }> {
  const output = outputOf(child);
  await once(child, 'close');
  return { code: child.exitCode, output: output() };
}

/** Ids of the messages of a room that the log has from a place on. */
async function messagesSince(url: string, token: string, place: string, room: number): Promise<number[]> {
  const ids: number[] = [];
  for (let after = place; ; ) {
    const page = await expecting(200, url, 'GET', `/events?after=${after}&types=message_sent&limit=100`, { token });
    for (const { data } of page.events) if (data.room_id === room) ids.push(data.id);
    if (!page.has_more) return ids;
    after = page.next_cursor;
  }
}
