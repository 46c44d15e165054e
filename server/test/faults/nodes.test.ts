import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { engines } from '../engines.ts';
import { mishaps } from '../realtime/log_readers.ts';
import { assembleNodes, type NodesCast } from './nodes_world.ts';
import { type Disturb, run } from './readers_run.ts';
import { moodOf, until } from './readers_world.ts';

const runs = Number(process.env.NODES_RUNS || 3);
/** Of the draws alone: who meets whom is the machine's. Printed with whatever fails. */
const firstSeed = Number(process.env.READER_SEED || Math.floor(Math.random() * 1_000_000));
const NODES = 3;
const patience = { timeout: 120_000 + runs * 90_000 };

/** What befalls what the servers share. Each ends by itself, with everything there again. */
const harms = (cast: NodesCast): readonly (() => Promise<void>)[] => [
  cast.crash,
  cast.restart,
  cast.disconnect,
  () => cast.loseDatabase(300),
  async () => {
    await cast.redis?.kill();
    await sleep(300);
    await cast.redis?.start();
  },
  async () => cast.redis?.flush(),
  async () => {
    cast.redis?.pause();
    await sleep(700);
    cast.redis?.goOn();
  },
];

const disturbNodes =
  (nodes: NodesCast): Disturb =>
  async ({ cast, random }, readers, isOver) => {
    // Each harm once at least, in an order of its own, and a node dies in every run.
    let left = [...harms(nodes)].sort(() => random.below(3) - 1);
    while (!isOver() || left.length > 0) {
      await sleep(random.below(60));
      random.pick(readers).suffer(random.pick(mishaps));
      if (random.below(4) === 0) moodOf(random.pick(cast.receivers), random);
      const [harm, ...rest] = left;
      if (harm === undefined || random.below(3) > 0) continue;
      left = rest;
      await harm();
    }
  };

describe('servers on one PostgreSQL and one Redis, to which everything happens that can', () => {
  for (const engine of engines.filter((one) => one === 'postgres'))
    it(
      `keep what they acknowledge, and tell everybody everything, once and in its order (${engine})`,
      patience,
      async (t) => {
        const cast = await assembleNodes(NODES);
        t.after(cast.close);
        let done = 0;
        for (let n = 0; n < runs; n++) {
          const seed = firstSeed + n;
          done += await run(cast, seed, disturbNodes(cast)).catch((error: unknown) => {
            throw new Error(`READER_SEED=${seed}`, { cause: error });
          });
          await until(
            'an answer of everybody',
            async () => (await cast.client().call('GET', '/readyz')).status === 200,
          );
        }
        t.diagnostic(`${done} acknowledged changes on ${NODES} nodes, from seed ${firstSeed} on`);
        assert.ok(done > 0);
      },
    );
});
