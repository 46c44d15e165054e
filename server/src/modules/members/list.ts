import { allowInRoom } from '../../access.ts';
import { type Answer, ok } from '../../answer.ts';
import type { Ctx } from '../../context.ts';
import type { RoomForUser } from '../rooms/store.ts';
import { membersOf } from './present.ts';
import type { ListMembers } from './schema.ts';
import { countModerators, findOwner, listMembers, listModerators, type MemberWithUser, walkMembers } from './store.ts';

/** Above so many members, which only rooms that all users join have, names come by walking through the users. */
const WALK_ABOVE = 10_000;

interface Slice {
  readonly offset: number;
  /** One more than the page holds, to see whether there is more. */
  readonly limit: number;
}

/** Who is in a room: the owner, the moderators by name, everybody else by name. */
export async function listRoomMembers(ctx: Ctx, roomId: number, options: ListMembers): Promise<Answer> {
  const { limit, offset, role } = options;
  const { room } = await allowInRoom(ctx, 'member.list', roomId);
  const counted = await countModerators.first(ctx.db, { container_id: roomId });
  const groups = groupsOf(ctx, room, Number(counted?.total ?? 0)).filter(
    (group) => role === 'all' || group.role === role,
  );
  const members: MemberWithUser[] = [];
  let skip = offset;
  for (const group of groups) {
    const wanted = limit + 1 - members.length;
    if (wanted > 0 && skip < group.size) members.push(...(await group.read({ offset: skip, limit: wanted })));
    skip = Math.max(0, skip - group.size);
  }
  return ok({
    members: await membersOf(ctx, members.slice(0, limit)),
    total: groups.reduce((sum, { size }) => sum + size, 0),
    has_more: members.length > limit,
  });
}

function groupsOf({ db }: Ctx, room: RoomForUser, moderators: number) {
  const container_id = room.id;
  const named = room.member_count > WALK_ABOVE ? walkMembers : listMembers;
  return [
    { role: 'owner', size: 1, read: () => findOwner.all(db, { container_id }) },
    { role: 'moderator', size: moderators, read: (slice: Slice) => listModerators.all(db, { container_id, ...slice }) },
    {
      role: 'member',
      size: room.member_count - moderators - 1,
      read: (slice: Slice) => named.all(db, { container_id, ...slice }),
    },
  ];
}
