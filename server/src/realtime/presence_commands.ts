import type { Ctx } from '../context.ts';
import { setTyping } from '../modules/typing/type.ts';
import { changeStatus } from '../modules/users/status.ts';
import { command } from './command.ts';
import { placeOf } from './room_commands.ts';
import { Place, UpdateStatus } from './schema.ts';

export const presenceCommands = {
  update_status: command({
    data: UpdateStatus,
    limit: 'default',
    action: 'user.update_self',
    summary: 'How I want to be seen',
    answer: 'status_updated',
    run: async (ctx, change) => {
      await changeStatus(ctx, change);
      return { ...change };
    },
  }),
  typing_start: command({
    data: Place,
    limit: 'default',
    action: 'room.type',
    summary: 'I am typing',
    run: (ctx, place) => type(ctx, place, true),
  }),
  typing_stop: command({
    data: Place,
    limit: 'default',
    action: 'room.type',
    summary: 'I am typing no more',
    run: (ctx, place) => type(ctx, place, false),
  }),
};

async function type(ctx: Ctx, named: { room_id?: number; conversation_id?: number }, isTyping: boolean) {
  const place = placeOf({ room_id: named.room_id, conversation_id: named.conversation_id });
  await setTyping(ctx, place.kind, place.id, isTyping);
  return { ...place.shape };
}
