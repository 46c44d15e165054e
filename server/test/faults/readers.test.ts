import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { engines } from '../engines.ts';
import { draws } from '../harness/draws.ts';
import { followAll, mishaps } from '../realtime/log_readers.ts';
import { type Disturb, lastEvent, run, setStage } from './readers_run.ts';
import { assemble, moodOf, until } from './readers_world.ts';

const runs = Number(process.env.READER_RUNS || 6);
/** One to do over: it is printed with whatever fails. */
const firstSeed = Number(process.env.READER_SEED || Math.floor(Math.random() * 1_000_000));
const MISSED = 1_000;
/** A run takes some seconds, and many times that where others use the machine. */
const patience = { timeout: 120_000 + runs * 60_000 };

/** Does harm until both writers are done; the server is killed once, at a moment like any other. */
const disturb: Disturb = async ({ cast, random }, readers, isOver) => {
  let turnsToCrash = random.below(12);
  while (!isOver()) {
    await sleep(random.below(40));
    random.pick(readers).suffer(random.pick(mishaps));
    if (random.below(4) === 0) moodOf(random.pick(cast.receivers), random);
    if (turnsToCrash-- === 0) await cast.crash();
  }
  if (turnsToCrash >= 0) await cast.crash();
};

describe('readers of the log that are cut off, slow and late, and a server that is killed', () => {
  for (const engine of engines) {
    it(`are told everything, once and in its order (${engine})`, patience, async (t) => {
      const cast = await assemble(engine);
      t.after(cast.close);
      let done = 0;
      for (let n = 0; n < (engine === 'sqlite' ? runs : Math.ceil(runs / 2)); n++) {
        const seed = firstSeed + n;
        done += await run(cast, seed, disturb).catch((error: unknown) => {
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
