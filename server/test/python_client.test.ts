import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, it, test } from 'node:test';
import { readDocument } from './docs/markdown.ts';
import { type ServerProcess, startServer } from './harness/server_process.ts';

// The client of docs/how-to/use-it-from-python.md, as it stands there: it signs in, lists the rooms, posts into room 1, reads it and puts a
// file on a message.

const folder = join(import.meta.dirname, 'python_client');
const page = readDocument('docs/how-to/use-it-from-python.md');
const skip = spawnSync('python3', ['-c', 'import requests']).status !== 0 && 'python3 with requests is not installed';
if (skip) console.error(`NO PYTHON CLIENT: ${skip}; the documented client was not run.`);

test('the client and its use are those of the page', () => {
  const [client, ...uses] = page.blocks.filter(({ language }) => language === 'python').map(({ text }) => text);
  assert.equal(readFileSync(join(folder, 'client.py'), 'utf8'), `${client}\n`);
  const lines = readFileSync(join(folder, 'run.py'), 'utf8').replace(
    /base_url, username, password\)/,
    "'http://localhost:8080/api/v1', 'username', 'password')",
  );
  assert.ok(uses.length >= 3);
  for (const line of uses.join('\n').split('\n')) assert.ok(lines.includes(line), line);
});

describe('the documented Python client', { skip }, () => {
  let directory: string;
  let server: ServerProcess;
  let url: string;
  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'veza-python-'));
    server = startServer({ directory });
    url = await server.url;
  });
  after(async () => {
    await server.end('SIGTERM');
    rmSync(directory, { recursive: true });
  });

  async function python(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
    const env = { ...process.env, NO_PROXY: '127.0.0.1', PYTHONDONTWRITEBYTECODE: '1' };
    const child = spawn('python3', [join(folder, 'run.py'), ...args], { env, cwd: directory, timeout: 60_000 });
    const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
    const [code, out, err] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
    return { code, out, err };
  }

  async function register(username: string, password: string): Promise<void> {
    const response = await fetch(`${url}/api/v1/auth/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username, email: `${username}@example.com`, password }),
    });
    assert.equal(response.status, 201);
  }

  it('works for somebody who has just signed up', async () => {
    await register('pythonista', 'a password of hers');
    const { code, out, err } = await python(`${url}/api/v1`, 'pythonista', 'a password of hers');
    assert.equal(code, 0, err);
    const { rooms, sent, messages, file, newest } = JSON.parse(out);
    assert.deepEqual(
      rooms.map(({ id, name, my_role }: Record<string, unknown>) => ({ id, name, my_role })),
      [{ id: 1, name: 'General', my_role: 'member' }],
    );
    assert.deepEqual(
      { content: sent.content, username: sent.username, seq: sent.seq, room_id: sent.room_id },
      { content: 'Hello from Python!', username: 'pythonista', seq: 1, room_id: 1 },
    );
    assert.deepEqual(messages, [sent]);
    assert.deepEqual({ filename: file.filename, size: file.size }, { filename: 'plants.txt', size: 22 });
    assert.deepEqual(
      newest.attachments.map(({ file_id }: Record<string, unknown>) => file_id),
      [file.file_id],
    );
  });

  it('raises what it documents for a wrong password', async () => {
    const { code, err } = await python(`${url}/api/v1`, 'pythonista', 'another password');
    assert.equal(code, 1);
    assert.match(err, /requests\.exceptions\.HTTPError: 401 Client Error: Unauthorized/);
  });
});
