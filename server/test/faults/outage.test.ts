import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { engines } from '../engines.ts';
import { openHouse } from './house.ts';
import { createLedger } from './ledger.ts';
import { load } from './load.ts';
import { verifyReplays, verifyShown, verifyStored } from './verify.ts';
import { verifyUploads } from './verify_files.ts';
import { settleIn } from './world.ts';

const OUTAGES = 10;

for (const engine of engines.filter((engine) => engine === 'postgres')) {
  describe(`a database that breaks its connections under load (${engine})`, () => {
    it('is connected to again; what was acknowledged is there, and nothing twice', async (t) => {
      const house = await openHouse(engine);
      t.after(house.close);
      const client = await house.open({ LOG_LEVEL: 'fatal' });
      const ledger = createLedger();
      const places = await settleIn(client);
      const { reader, disconnect } = house.reader();
      let over = false;
      const loaded = load(client, ledger, places, 1, () => over, { outages: true });
      const outages = async () => {
        let broken = 0;
        for (let n = 0; n < OUTAGES; n++) {
          await sleep(20 + Math.random() * 80);
          broken += await disconnect();
        }
        const before = ledger.counts.acknowledged;
        while (ledger.counts.acknowledged < before + 50) await sleep(5);
        return broken;
      };
      const broken = await Promise.race([outages(), loaded]);
      over = true;
      await loaded;
      assert.ok(Number(broken) >= OUTAGES, `${broken} connections were broken`);
      assert.equal((await client.call('GET', '/readyz')).status, 200);
      const stored = await verifyStored(reader, ledger);
      for (const place of places) await verifyShown(client, place, stored, 0);
      await verifyReplays(client, ledger, stored);
      await verifyUploads(client, ledger);
      await verifyStored(reader, ledger);
    });
  });
}
