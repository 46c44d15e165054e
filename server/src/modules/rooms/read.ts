import { allowInRoom } from '../../access.ts';
import type { Actor } from '../../actor.ts';
import { type Answer, okJson } from '../../answer.ts';
import type { Ctx } from '../../context.ts';
import { factsOf } from '../../judge.ts';
import { actionsInRoom, type RoomAction, type RoomFacts } from '../../policy.ts';
import { roomJson } from './present.ts';

/** One room, and what the caller may do in it. */
export async function getRoom(ctx: Ctx, roomId: number): Promise<Answer> {
  const { room } = await allowInRoom(ctx, 'room.read', roomId);
  const can = possibleActions(ctx.actor, factsOf(room, ctx.now));
  return okJson(`${roomJson(room).slice(0, -1)},"can":${JSON.stringify(can)}}`);
}

/** What the policy allows, without what one's place makes pointless: joining again, leaving from outside or as the owner. */
function possibleActions(actor: Actor, facts: RoomFacts): RoomAction[] {
  const isInside = facts.role !== undefined;
  return actionsInRoom(actor, facts).filter((action) => {
    if (action === 'room.join') return !isInside;
    return action === 'room.leave' ? isInside && facts.role !== 'owner' : true;
  });
}
