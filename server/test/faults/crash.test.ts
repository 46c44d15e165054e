import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { engines } from '../engines.ts';
import { crash, crashFirstStart } from './crash.ts';
import { openHouse } from './house.ts';

const rounds = Number(process.env.CRASH_ROUNDS || 5);
/** A round takes a second or two, and many times that where others use the machine. */
const patience = { timeout: 120_000 + rounds * 20_000 };

describe('kill -9 under load, again and again', () => {
  for (const engine of engines) {
    it(`loses nothing that was acknowledged and keeps nothing twice (${engine})`, patience, async (t) => {
      const house = await openHouse(engine);
      t.after(house.close);
      const report = await crash(house, engine === 'sqlite' ? rounds : Math.ceil(rounds / 2));
      t.diagnostic(JSON.stringify(report));
      assert.ok(report.acknowledged > report.uploads && report.uploads > 0, 'there was load');
    });

    it(`starts after being killed while it starts for the first time (${engine})`, patience, async (t) => {
      for (let n = 0; n < Math.ceil(rounds / 8); n++) {
        const house = await openHouse(engine);
        t.after(house.close);
        await crashFirstStart(house);
      }
    });
  }
});
