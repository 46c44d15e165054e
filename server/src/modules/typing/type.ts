import { allowInConversation, allowInRoom } from '../../access.ts';
import { type Answer, ok } from '../../answer.ts';
import { type Ctx, write } from '../../context.ts';
import { once } from '../../idempotency.ts';

/** Tells the others of a room or conversation that the caller writes, or writes no more. */
export async function setTyping(
  ctx: Ctx,
  kind: 'room' | 'conversation',
  containerId: number,
  isTyping: boolean,
): Promise<Answer> {
  if (ctx.request.idempotency === undefined) {
    await allowTyping(ctx, kind, containerId);
    return tell(ctx, kind, containerId, isTyping);
  }
  // Nothing of it is kept but the key, and what was answered.
  return write(ctx, 'typing', async (inner) => {
    await allowTyping(inner, kind, containerId);
    return once(inner, async () => tell(inner, kind, containerId, isTyping));
  });
}

async function allowTyping(ctx: Ctx, kind: 'room' | 'conversation', containerId: number): Promise<void> {
  if (kind === 'room') await allowInRoom(ctx, 'room.type', containerId);
  else await allowInConversation(ctx, 'conversation.type', containerId);
}

function tell(ctx: Ctx, kind: 'room' | 'conversation', containerId: number, isTyping: boolean): Answer {
  const place = kind === 'room' ? { room_id: containerId } : { conversation_id: containerId };
  const who = { user_id: ctx.actor.userId, username: ctx.actor.username };
  const { typing } = ctx.deps.realtime;
  if (isTyping) typing.start(place, who);
  else typing.stop(place, who);
  return ok({ ...place, typing: isTyping });
}
