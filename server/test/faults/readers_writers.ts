import { WebSocket } from 'ws';
import type { Draws } from '../harness/draws.ts';
import type { Cast } from './readers_world.ts';

/** What somebody was told that it is done: its event must be there. */
export interface Done {
  readonly type: string;
  readonly roomId: number;
  readonly messageId: number | undefined;
}

export interface Stage {
  readonly cast: Cast;
  readonly random: Draws;
  readonly done: Done[];
  /** In which both write, and nobody leaves. */
  readonly steady: number;
  /** Which ben leaves, is removed from, and joins again. */
  readonly churn: number;
  /** Made and deleted while others listen. */
  readonly passing: number[];
}

type Answer = { readonly isOk: boolean; readonly id: number | undefined } | undefined;
type Ask = (what: 'send' | 'edit' | 'delete' | 'react', on: number, content: string) => Promise<Answer>;

const events = {
  send: 'message_sent',
  edit: 'message_updated',
  delete: 'message_deleted',
  react: 'reaction_added',
} as const;

/** One thing after the other; of what was cut off nobody knows whether it was done. */
async function write(stage: Stage, ask: Ask, other: (dice: number) => Promise<void>, steps: number): Promise<void> {
  const { random, done, cast } = stage;
  let own: { readonly id: number; readonly roomId: number }[] = [];
  for (let step = 0; step < steps; step++) {
    const dice = random.below(100);
    const message = own.length > 0 ? random.pick(own) : undefined;
    if (dice >= 80) {
      await other(dice).catch(cast.back);
      continue;
    }
    const what = !message || dice < 50 ? 'send' : dice < 62 ? 'edit' : dice < 68 ? 'delete' : 'react';
    const roomId = what === 'send' || !message ? random.pick([stage.steady, stage.churn]) : message.roomId;
    if (what === 'delete') own = own.filter((one) => one !== message);
    const answer = await ask(what, what === 'send' ? roomId : (message?.id ?? 0), `words ${step}`).catch(cast.back);
    if (!isAnswer(answer)) continue;
    const id = what === 'send' ? answer.id : message?.id;
    if (what !== 'react') done.push({ type: events[what], roomId, messageId: id });
    if (what === 'send' && id !== undefined) own.push({ id, roomId });
  }
}

const isAnswer = (answer: unknown): answer is { readonly isOk: true; readonly id: number | undefined } =>
  typeof answer === 'object' && answer !== null && 'isOk' in answer && answer.isOk === true;

/** Over REST. */
export function writeByRest(stage: Stage, steps: number): Promise<void> {
  const { cast, random, done } = stage;
  const { ann, ben, eve } = cast;
  const call = async (method: string, path: string, body?: unknown) => {
    const { status, data } = await cast.client().call(method, path, ann.token, body);
    if (status >= 500) throw new Error(`${method} ${path} → ${status}`);
    return { isOk: status < 300, id: data?.id as number | undefined };
  };
  const ask: Ask = (what, on, content) => {
    if (what === 'send') return call('POST', `/rooms/${on}/messages`, { content });
    if (what === 'edit') return call('PUT', `/messages/${on}`, { content: `${content} again` });
    if (what === 'delete') return call('DELETE', `/messages/${on}`);
    return call('POST', `/messages/${on}/reactions`, { emoji: random.pick(['👍', '🎉', '👀']) });
  };
  const other = async (dice: number) => {
    if (dice < 88) {
      const removed = await call('DELETE', `/rooms/${stage.churn}/members/${ben.id}`);
      if (removed.isOk) done.push({ type: 'user_left', roomId: stage.churn, messageId: undefined });
      return;
    }
    const made = await call('POST', '/rooms', { name: 'passing', is_public: false });
    if (made.id === undefined) return;
    stage.passing.push(made.id);
    const added = await call('POST', `/rooms/${made.id}/members`, { user_id: eve.id });
    if (added.isOk) done.push({ type: 'user_joined', roomId: made.id, messageId: undefined });
    await call('POST', `/rooms/${made.id}/messages`, { content: 'in passing' });
    if (dice >= 94) return;
    const deleted = await call('DELETE', `/rooms/${made.id}`);
    if (deleted.isOk) done.push({ type: 'room_deleted', roomId: made.id, messageId: undefined });
  };
  return write(stage, ask, other, steps);
}

interface Frame {
  readonly type: string;
  readonly data: { readonly message_id?: number };
  readonly request_id?: string;
}

/** Over a socket, which is opened anew when it is cut off. */
export async function writeBySocket(stage: Stage, steps: number): Promise<void> {
  const { cast, random } = stage;
  let commander: ReturnType<typeof command> | undefined;
  const ask = async (type: string, data: object) => {
    if (!commander?.isOpen()) commander = command(cast);
    const frame = await commander.ask(type, data);
    return { isOk: frame.type !== 'error', id: frame.data.message_id };
  };
  const asked: Ask = (what, on, content) => {
    if (what === 'send') return ask('send_message', { room_id: on, content });
    if (what === 'edit') return ask('edit_message', { message_id: on, content: `${content} again` });
    if (what === 'delete') return ask('delete_message', { message_id: on });
    return ask('add_reaction', { message_id: on, emoji: random.pick(['👍', '🎉', '👀']) });
  };
  const other = async (dice: number) => {
    if (dice < 84) return commander?.cut();
    const isLeaving = dice < 90;
    const room = { room_id: stage.churn };
    await (isLeaving ? ask('leave_room', { ...room, leave: true }) : ask('join_room', room));
  };
  await write(stage, asked, other, steps);
  commander?.cut();
}

/** A socket whose answers are awaited one by one; rejects when it is cut off before one. */
function command({ url, ben }: Cast) {
  const ws = new WebSocket(`${url().replace('http', 'ws')}/ws`, { headers: { authorization: `Bearer ${ben.token}` } });
  const waiting = new Map<string, (frame: Frame | Error) => void>();
  const entered = Promise.withResolvers<void>();
  entered.promise.catch(() => undefined);
  let asked = 0;
  ws.on('error', () => undefined);
  ws.on('message', (text) => {
    const frame = JSON.parse(String(text)) as Frame;
    if (frame.type === 'auth_success') entered.resolve();
    if (frame.request_id !== undefined) waiting.get(frame.request_id)?.(frame);
  });
  ws.on('close', () => {
    const gone = new Error('The socket is gone');
    entered.reject(gone);
    for (const settle of waiting.values()) settle(gone);
  });
  return {
    isOpen: () => ws.readyState <= ws.OPEN,
    cut: () => ws.terminate(),
    ask: async (type: string, data: object): Promise<Frame> => {
      await entered.promise;
      if (ws.readyState !== ws.OPEN) throw new Error('The socket is gone');
      const request_id = `${asked++}`;
      const answer = await new Promise<Frame | Error>((resolve) => {
        waiting.set(request_id, resolve);
        ws.send(JSON.stringify({ type, data, request_id }));
      });
      waiting.delete(request_id);
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
}
