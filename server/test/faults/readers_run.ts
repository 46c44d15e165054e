import { textOf } from '../../src/db/statement.ts';
import { type Draws, draws } from '../harness/draws.ts';
import { followAll, type LogReader } from '../realtime/log_readers.ts';
import { deliverAll, type Hook, judgeHook, judgeReaders } from './readers_judge.ts';
import { type Cast, until } from './readers_world.ts';
import { type Stage, writeByRest, writeBySocket } from './readers_writers.ts';

const STEPS = 40;
/** Does harm to whoever takes part, until `isOver`. */
export type Disturb = (stage: Stage, readers: readonly LogReader[], isOver: () => boolean) => Promise<void>;

export async function setStage(cast: Cast, random: Draws): Promise<Stage> {
  const rooms: number[] = [];
  for (const name of ['steady', 'churn']) {
    const { id } = await cast.call(cast.ann, 'POST', '/rooms', { name }, 201);
    for (const { token } of [cast.ben, cast.eve]) await cast.client().call('POST', `/rooms/${id}/join`, token, {});
    rooms.push(id);
  }
  const [steady, churn] = rooms as [number, number];
  return { cast, random, steady, churn, done: [], passing: [] };
}

/** What has happened up to now, whether a reader may be told of it already or not. */
export async function lastEvent({ house }: Cast): Promise<string> {
  const [newest] = await house.reader().reader.all(textOf('select max(id) as id from events'), []);
  return `${newest?.id}`;
}

async function setHooks({ cast, steady }: Stage): Promise<Hook[]> {
  const { admin, ann, receivers } = cast;
  const hook = async (owner: Cast['ann'], roomId: number | null, receiver: Hook['receiver']) => {
    const body = { url: receiver.url, events: ['*'], room_id: roomId };
    const { id, secret } = await cast.call(owner, 'POST', '/webhooks', body, 201);
    return { id, secret, owner, receiver, roomId };
  };
  return [await hook(admin, null, receivers[0]), await hook(ann, steady, receivers[1])];
}

/** Two write, three read and two webhooks are told, while harm is done; resolves with how much was acknowledged. */
export async function run(cast: Cast, seed: number, disturb: Disturb): Promise<number> {
  const random = draws(seed);
  const stage = await setStage(cast, random);
  const after = await lastEvent(cast);
  const hooks = await setHooks(stage);
  const readers = followAll({ url: cast.url, token: cast.eve.token, after });
  try {
    let isOver = false;
    const writing = Promise.all([writeByRest(stage, STEPS), writeBySocket(stage, STEPS)]).finally(() => {
      isOver = true;
    });
    await Promise.all([writing, disturb(stage, readers, () => isOver)]);
    for (const receiver of cast.receivers) receiver.answer = (_, response) => response.writeHead(204).end();
    const last = await cast.call(cast.ann, 'POST', `/rooms/${stage.churn}/messages`, { content: 'last' }, 201);
    for (const { name, heard } of readers)
      await until(`the last event for ${name}`, () => heard.findLast(({ data }) => data.id === last.id) !== undefined);
    await deliverAll(stage, hooks);
    await judgeReaders(stage, readers, after);
    for (const hook of hooks) await judgeHook(stage, hook, after);
    for (const { id, owner } of hooks) await cast.call(owner, 'DELETE', `/webhooks/${id}`, undefined, 204);
  } finally {
    await Promise.all(readers.map(({ stop }) => stop()));
  }
  return stage.done.length;
}
