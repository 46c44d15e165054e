import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cutPower, type Lost } from './power_cut.ts';

const cache = join(import.meta.dirname, '../../../node_modules/.cache/faults');
const source = join(import.meta.dirname, 'disk_shim.c');

/** Whether there is a C compiler, and a loader that lets a library stand before the system's. */
export const hasShim = process.platform === 'linux' && spawnSync('cc', ['--version'], { stdio: 'ignore' }).status === 0;

/** A disk under one data directory whose power can be cut, and which can be made to fail. */
export interface Disk {
  /** For the environment of the process that is to run on it. */
  readonly variables: Readonly<Record<string, string>>;
  /** From now on the one to fail is counted. */
  arm(): void;
  /** It works again. */
  mend(): void;
  /** After the process was killed: what it had not synced is gone, sector by sector, unless `keep` says otherwise. */
  cutPower(keep: () => boolean): Lost;
}

/** `fail` says which call fails, and how: `sync:3:EIO` the third sync, `write:20:ENOSPC` the twentieth write. */
export function openDisk(directory: string, scratch: string, fail?: string): Disk {
  const library = compiled();
  const journal = join(scratch, 'journal');
  const armed = join(scratch, 'armed');
  return {
    variables: {
      LD_PRELOAD: library,
      DISK_DIRECTORY: directory,
      ...(fail === undefined ? { DISK_JOURNAL: journal } : { DISK_FAIL: fail, DISK_ARM: armed }),
    },
    arm: () => writeFileSync(armed, ''),
    mend: () => rmSync(armed),
    cutPower: (keep) => cutPower(journal, keep),
  };
}

function compiled(): string {
  mkdirSync(cache, { recursive: true });
  const library = join(cache, `disk_shim-${process.pid}.so`);
  execFileSync('cc', [
    '-shared',
    '-fPIC',
    '-O1',
    '-Wall',
    '-Wextra',
    '-Werror',
    '-o',
    library,
    source,
    '-ldl',
    '-lpthread',
  ]);
  return library;
}
