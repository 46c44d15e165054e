import { randomUUID } from 'node:crypto';
import { allow, requireStanding } from '../../access.ts';
import { type Answer, createdJson } from '../../answer.ts';
import { type Ctx, emit, lockStreams, type WriteCtx, write } from '../../context.ts';
import { once } from '../../idempotency.ts';
import { foldForSearch } from '../../text.ts';
import { insertContainer } from '../containers/store.ts';
import { addToMemberCount, putMember } from '../members/change_store.ts';
import { addToCounter } from '../statistics/tally_store.ts';
import { insertRoom } from './change_store.ts';
import { type RoomInput, roomInput } from './input.ts';
import { roomJson } from './present.ts';
import type { CreateRoom } from './schema.ts';
import { findRoom, type RoomForUser } from './store.ts';

/** Makes a room whose owner and first member is the caller. `room_created` says so; no `user_joined` goes with it. */
export async function createRoom(ctx: Ctx, body: CreateRoom): Promise<Answer> {
  const fields = roomInput(body) as RoomInput & { name: string };
  return write(ctx, 'room.create', async (ctx) => {
    await lockStreams(ctx, { users: [ctx.actor.userId] });
    await requireStanding(ctx);
    allow(ctx, 'room.create');
    if (body.auto_join !== undefined) allow(ctx, 'room.create_auto_join');
    return once(ctx, async () => createdJson(roomJson(await store(ctx, fields))));
  });
}

async function store(ctx: WriteCtx, fields: RoomInput & { name: string }): Promise<RoomForUser> {
  const { now } = ctx;
  const user_id = ctx.actor.userId;
  const visibility = (fields.is_public ?? true) ? 'public' : 'private';
  const made = await insertContainer.first(ctx.db, {
    uuid: randomUUID(),
    visibility,
    at: now,
  });
  const id = made?.id as number;
  // Nobody else can know of this stream before the commit, so its lock may come after the first insert.
  await lockStreams(ctx, { containers: [id] });
  await insertRoom.run(ctx.db, {
    id,
    name: fields.name,
    name_folded: foldForSearch(fields.name),
    description: fields.description ?? null,
    topic: fields.topic ?? null,
    is_archived: 0,
    auto_join: fields.auto_join ? 1 : 0,
    max_members: fields.max_members ?? ctx.deps.config.DEFAULT_ROOM_MEMBERS,
    slow_mode_seconds: fields.slow_mode_seconds ?? 0,
    metadata: fields.metadata ?? '{}',
    updated_at: now,
    owner_id: user_id,
  });
  await putMember.run(ctx.db, { container_id: id, user_id, role: 'owner', joined_at: now, last_read_seq: 0 });
  await addToMemberCount.run(ctx.db, { id, delta: 1 });
  await emit(ctx, {
    type: 'room_created',
    containerId: id,
    version: 1,
    audit: { details: { name: fields.name, is_public: visibility === 'public' } },
  });
  await addToCounter.run(ctx.db, { name: visibility === 'public' ? 'rooms_public' : 'rooms_private', delta: 1 });
  return (await findRoom.first(ctx.db, { container_id: id, user_id })) as RoomForUser;
}
