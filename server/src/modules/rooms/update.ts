import { allowInRoom } from '../../access.ts';
import { type Answer, okJson } from '../../answer.ts';
import { type Ctx, emit, type WriteCtx, write } from '../../context.ts';
import { unprocessable } from '../../errors.ts';
import { foldForSearch } from '../../text.ts';
import { addToCounter } from '../statistics/tally_store.ts';
import { setVisibility, updateRoom } from './change_store.ts';
import { type RoomInput, roomInput } from './input.ts';
import { roomJson } from './present.ts';
import type { UpdateRoom } from './schema.ts';
import { findRoom, type RoomForUser } from './store.ts';

/** Changes what the body names; the same values again change nothing and say nothing. */
export async function changeRoom(ctx: Ctx, roomId: number, body: UpdateRoom): Promise<Answer> {
  const fields = roomInput(body);
  return write(ctx, 'room.update', async (ctx) => {
    const { room } = await allowInRoom(ctx, 'room.update', roomId);
    if (body.auto_join !== undefined) await allowInRoom(ctx, 'room.set_auto_join', roomId);
    const before = settingsOf(room);
    const after = { ...before, ...fields };
    if (fields.max_members !== undefined && !after.auto_join && after.max_members < room.member_count) {
      throw unprocessable('below_member_count', { field: 'max_members', member_count: room.member_count });
    }
    const changed = (Object.keys(before) as Setting[]).filter((field) => before[field] !== after[field]);
    if (changed.length === 0) return okJson(roomJson(room));
    await store(ctx, room, after);
    await emit(ctx, {
      type: 'room_updated',
      containerId: roomId,
      version: room.version + 1,
      audit: { details: auditOf(changed, before, after) },
    });
    if (before.is_public !== after.is_public) await recount(ctx, after.is_public);
    const key = { container_id: roomId, user_id: ctx.actor.userId };
    return okJson(roomJson((await findRoom.first(ctx.db, key)) as RoomForUser));
  });
}

type Settings = Required<Pick<RoomInput, 'description' | 'topic'>> & Required<RoomInput>;
type Setting = keyof Settings;

function settingsOf(room: RoomForUser): Settings {
  return {
    name: room.name,
    description: room.description,
    topic: room.topic,
    is_public: room.visibility === 'public',
    is_archived: room.is_archived === 1,
    auto_join: room.auto_join === 1,
    max_members: room.max_members,
    slow_mode_seconds: room.slow_mode_seconds,
    metadata: room.metadata,
  };
}

async function store(ctx: WriteCtx, { id, visibility }: RoomForUser, after: Settings): Promise<void> {
  await updateRoom.run(ctx.db, {
    id,
    name: after.name,
    name_folded: foldForSearch(after.name),
    description: after.description,
    topic: after.topic,
    is_archived: after.is_archived ? 1 : 0,
    auto_join: after.auto_join ? 1 : 0,
    max_members: after.max_members,
    slow_mode_seconds: after.slow_mode_seconds,
    metadata: after.metadata,
    updated_at: ctx.now,
  });
  const wanted = after.is_public ? 'public' : 'private';
  if (visibility !== wanted) await setVisibility.run(ctx.db, { id, visibility: wanted });
}

async function recount(ctx: WriteCtx, isPublic: boolean): Promise<void> {
  await addToCounter.run(ctx.db, { name: 'rooms_private', delta: isPublic ? -1 : 1 });
  await addToCounter.run(ctx.db, { name: 'rooms_public', delta: isPublic ? 1 : -1 });
}

const LONG: readonly Setting[] = ['description', 'topic', 'metadata'];

/** What changed, with the words before and after where they are short. */
function auditOf(changed: readonly Setting[], before: Settings, after: Settings): Record<string, unknown> {
  const short = changed.filter((field) => !LONG.includes(field));
  const changes = Object.fromEntries(short.map((field) => [field, { from: before[field], to: after[field] }]));
  return { changed, ...changes };
}
