import { randomUUID } from 'node:crypto';
import { ownCtx } from '../../src/context.ts';
import { appendMessages } from '../../src/modules/messages/append.ts';
import type { TestApp } from '../harness/app.ts';

interface Filling {
  readonly room: number;
  readonly count: number;
  readonly content: string;
}

/** So many messages of the admin's at once, past the requests, which would take long; resolves with their ids. */
export async function fill(app: TestApp, { room, count, content }: Filling): Promise<number[]> {
  const { userId, username } = { userId: app.admin.id, username: app.admin.username };
  const actor = { ...ownCtx(app.deps, 'test').actor, userId, username, role: 'admin' as const };
  const inputs = Array.from({ length: count }, () => ({
    ...{ actor, address: '', traceparent: null, now: app.deps.now(), kind: 'room' as const, containerId: room },
    ...{ uuid: randomUUID(), content, replyToId: null, metadata: '{}' },
    ...{ clientId: null, payloadHash: null, fileIds: [] },
  }));
  const verdicts = await app.deps.db.write('fill', (db) => appendMessages(db, inputs));
  app.deps.realtime.hub.wake();
  return verdicts.map((verdict) => ('message' in verdict ? verdict.message.id : 0));
}
