import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { textOf } from '../../src/db/statement.ts';
import { engines } from '../engines.ts';
import { type Draws, draws } from '../harness/draws.ts';
import { followAll, type LogReader, mishaps } from '../realtime/log_readers.ts';
import { deliverAll, type Hook, judgeHook, judgeReaders } from './readers_judge.ts';
import { assemble, type Cast, moodOf, until } from './readers_world.ts';
import { type Stage, writeByRest, writeBySocket } from './readers_writers.ts';

const runs = Number(process.env.READER_RUNS || 6);
/** One to do over: it is printed with whatever fails. */
const firstSeed = Number(process.env.READER_SEED || Math.floor(Math.random() * 1_000_000));
const STEPS = 40;
const MISSED = 1_000;
/** A run takes some seconds, and many times that where others use the machine. */
const patience = { timeout: 120_000 + runs * 60_000 };

async function setStage(cast: Cast, random: Draws): Promise<Stage> {
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
async function lastEvent({ house }: Cast): Promise<string> {
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

/** Does harm until both writers are done; the server is killed once, at a moment like any other. */
async function disturb({ cast, random }: Stage, readers: readonly LogReader[], isOver: () => boolean): Promise<void> {
  let turnsToCrash = random.below(12);
  while (!isOver()) {
    await sleep(random.below(40));
    random.pick(readers).suffer(random.pick(mishaps));
    if (random.below(4) === 0) moodOf(random.pick(cast.receivers), random);
    if (turnsToCrash-- === 0) await cast.crash();
  }
  if (turnsToCrash >= 0) await cast.crash();
}

async function run(cast: Cast, seed: number): Promise<number> {
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

describe('readers of the log that are cut off, slow and late, and a server that is killed', () => {
  for (const engine of engines) {
    it(`are told everything, once and in its order (${engine})`, patience, async (t) => {
      const cast = await assemble(engine);
      t.after(cast.close);
      let done = 0;
      for (let n = 0; n < (engine === 'sqlite' ? runs : Math.ceil(runs / 2)); n++) {
        const seed = firstSeed + n;
        done += await run(cast, seed).catch((error: unknown) => {
          throw new Error(`READER_SEED=${seed}`, { cause: error });
        });
      }
      t.diagnostic(`${done} acknowledged changes, from seed ${firstSeed} on`);
      assert.ok(done > 0);
    });

    it(`go on after a restart in the middle of what they missed (${engine})`, patience, async (t) => {
      const cast = await assemble(engine);
      t.after(cast.close);
      const { steady } = await setStage(cast, draws(firstSeed));
      const after = await lastEvent(cast);
      const send = () => cast.call(cast.ann, 'POST', `/rooms/${steady}/messages`, { content: 'x'.repeat(1_500) }, 201);
      const sent = (await Promise.all(Array.from({ length: MISSED }, send))).map(({ id }) => Number(id));
      sent.sort((a, b) => a - b);
      const readers = followAll({ url: cast.url, token: cast.eve.token, after });
      t.after(() => Promise.all(readers.map(({ stop }) => stop())));
      for (const { name, heard } of readers) await until(`something for ${name}`, () => heard.length > 0);
      await cast.crash();
      for (const { name, heard } of readers) {
        await until(`the last event for ${name}`, () => heard.at(-1)?.data.id === sent.at(-1));
        assert.deepEqual(
          heard.map(({ data }) => data.id),
          sent,
          name,
        );
      }
    });
  }
});
