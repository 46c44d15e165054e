import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';
import { crash, crashFirstStart } from './crash.ts';
import { hasShim, openDisk } from './disk.ts';
import { openHouse } from './house.ts';

const rounds = Number(process.env.POWER_CUTS || 5);
/** A round takes a second or two, and many times that where others use the machine. */
const patience = { timeout: 120_000 + rounds * 20_000 };
const relaxed = join(import.meta.dirname, 'relaxed_sync.ts');
const careless = pathToFileURL(join(import.meta.dirname, 'careless_files.ts'));

/** A message, a wording, a deletion or a mark that was acknowledged: whatever is looked at first. */
const lostByTheLedger =
  /acknowledged and is lost|and not one of|back after its deletion|was acknowledged at|a (pin|reaction) that/;

/** A house on a disk of its own, and what cuts its power. */
async function openFragileHouse(t: TestContext, variables: Record<string, string> = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'veza-power-'));
  const scratch = mkdtempSync(join(tmpdir(), 'veza-journal-'));
  const disk = openDisk(directory, scratch);
  const house = await openHouse('sqlite', { directory, variables: { ...disk.variables, ...variables } });
  t.after(async () => {
    await house.close();
    rmSync(scratch, { recursive: true });
  });
  const lost = { writes: 0, names: 0 };
  let cuts = 0;
  const cut = async () => {
    await house.letGo();
    // Every other time the disk was as slow as can be; else it had done some of it, in any order.
    const done = cuts++ % 2 === 0 ? 0 : Math.random();
    const { writes, names } = disk.cutPower(() => Math.random() < done);
    lost.writes += writes;
    lost.names += names;
    // Memory of the machine, which SQLite keeps in a file.
    rmSync(join(directory, 'veza.db-shm'), { force: true });
  };
  return { house, cut, lost };
}

describe('a power cut under load, again and again', { skip: !hasShim && 'no C compiler, or not Linux' }, () => {
  it('loses nothing that was acknowledged', patience, async (t) => {
    const { house, cut, lost } = await openFragileHouse(t);
    const report = await crash(house, rounds, cut);
    t.diagnostic(JSON.stringify({ ...report, lost }));
    assert.ok(report.acknowledged > report.uploads && report.uploads > 0, 'there was load');
    assert.ok(lost.writes > 0, 'something was lost');
  });

  it('starts when it went while the first start made its tables', patience, async (t) => {
    for (let n = 0; n < Math.ceil(rounds / 8); n++) {
      const { house, cut } = await openFragileHouse(t);
      await crashFirstStart(house, cut);
    }
  });

  it('would lose it without a sync at each commit', async (t) => {
    const { house, cut } = await openFragileHouse(t, { NODE_OPTIONS: `--import=${relaxed}` });
    await assert.rejects(crash(house, 10, cut), lostByTheLedger);
  });

  for (const what of ['content', 'names']) {
    it(`would lose uploads without a sync of their ${what}`, async (t) => {
      const { house, cut } = await openFragileHouse(t, { NODE_OPTIONS: `--import=${careless}?${what}` });
      await assert.rejects(crash(house, 10, cut), /the bytes of the upload/);
    });
  }
});
