import assert from 'node:assert/strict';
import type { ServerProcess } from '../harness/server_process.ts';
import { connectTo, type HttpClient } from './http_client.ts';
import type { Place, Player } from './ledger.ts';

/** Everybody's, the admin's too. */
export const PASSWORD = 'correct horse battery';
/** How servers are started here: nothing but what is tested keeps them from working. */
export const settings = {
  ADMIN_PASSWORD: PASSWORD,
  LOG_LEVEL: 'warn',
  MIN_FREE_DISK_BYTES: '0',
  RATE_LIMITS: 'off',
};
const NAMES = ['alice', 'bob', 'carol', 'dave'];
/** Not how fast it must be, but when to stop waiting for it. */
const HANG_MS = 30_000;

/** The address, once the server says that it is ready. */
export async function ready(server: ServerProcess): Promise<string> {
  const late = AbortSignal.timeout(HANG_MS);
  const hung = new Promise<never>((_, reject) => {
    late.onabort = () => reject(new Error(`Not ready after ${HANG_MS} ms: ${server.output()}`));
  });
  const url = await Promise.race([server.url, hung]);
  const client = connectTo(url);
  const { status, data } = await Promise.race([client.call('GET', '/readyz'), hung]);
  client.close();
  assert.equal(status, 200, JSON.stringify(data));
  return url;
}

/** A room in which all may pin, and a conversation. */
export async function settleIn(client: HttpClient): Promise<Place[]> {
  const players: Player[] = await Promise.all(
    NAMES.map(async (name) => {
      const body = { username: name, email: `${name}@example.com`, password: PASSWORD };
      const { status, data } = await client.call('POST', '/auth/register', undefined, body);
      assert.equal(status, 201, JSON.stringify(data));
      return { id: data.user.id, name, token: data.access_token };
    }),
  );
  const [owner, ...others] = players as [Player, ...Player[]];
  const room = (await client.call('POST', '/rooms', owner.token, { name: 'The room' })).data;
  for (const { id, token } of others) {
    await client.call('POST', `/rooms/${room.id}/join`, token);
    const promoted = await client.call('PUT', `/rooms/${room.id}/members/${id}`, owner.token, { role: 'moderator' });
    assert.equal(promoted.status, 200, JSON.stringify(promoted.data));
  }
  const pair = players.slice(0, 2);
  const opened = (await client.call('POST', '/conversations', owner.token, { user_id: pair[1]?.id })).data;
  return [
    { id: room.id, path: `/rooms/${room.id}`, players },
    { id: opened.id, path: `/conversations/${opened.id}`, players: pair },
  ];
}
