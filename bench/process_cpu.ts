import { readFileSync } from 'node:fs';

const TICK_MS = 10;

/** Milliseconds of CPU a process has used, all its threads together; known on Linux alone. */
export function cpuOf(pid: number | undefined): number | undefined {
  const ticks = ticksOf(pid);
  return ticks && ticks.own * TICK_MS;
}

/** The same with its children, also those that have ended by now. */
export function cpuOfFamily(pid: number): number | undefined {
  const ticks = ticksOf(pid);
  if (!ticks) return undefined;
  const children = (read(`/proc/${pid}/task/${pid}/children`) ?? '').split(' ').filter(Boolean);
  // One that ends between two looks is counted with its parent at the next.
  const living = children.map((child) => ticksOf(Number(child))?.own ?? 0);
  return living.reduce((sum, own) => sum + own, ticks.own + ticks.ended) * TICK_MS;
}

/** Of the children of this process that have ended. */
export function cpuOfEnded(): number | undefined {
  const ticks = ticksOf(process.pid);
  return ticks && ticks.ended * TICK_MS;
}

function ticksOf(pid: number | undefined): { own: number; ended: number } | undefined {
  const text = read(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  // Fields 14 to 17; the name in field 2 may have spaces.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [user, system, endedUser, endedSystem] = fields.slice(11, 15).map(Number) as [number, number, number, number];
  return { own: user + system, ended: endedUser + endedSystem };
}

/** Undefined where there is no such process, or no longer. */
function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
