import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What V8 writes (`--cpu-prof`), as far as it is read here. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  /** Microseconds. */
  readonly timeDeltas: readonly number[];
}

export interface Cost {
  readonly name: string;
  /** Of all the time in which anything ran, from 0 to 1. */
  readonly share: number;
}

const IDLE = '(idle)';

/** Self time by function and by file, or package for what is not ours, most first; idle time is left out. */
export function costsOf(profile: CpuProfile, root: string): { functions: Cost[]; files: Cost[] } {
  const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]));
  const functions = new Map<string, number>();
  const files = new Map<string, number>();
  let all = 0;
  for (const [place, id] of profile.samples.entries()) {
    const frame = frames.get(id);
    const time = profile.timeDeltas[place] ?? 0;
    if (!frame || frame.functionName === IDLE) continue;
    const file = placeOf(frame.url, root);
    const line = frame.lineNumber < 0 ? '' : `:${frame.lineNumber + 1}`;
    all += time;
    add(functions, `${frame.functionName || '(anonymous)'}  ${file}${line}`, time);
    add(files, file === '' ? frame.functionName : packageOf(file), time);
  }
  const sorted = (costs: Map<string, number>) =>
    [...costs].map(([name, time]) => ({ name, share: time / all })).sort((a, b) => b.share - a.share);
  return { functions: sorted(functions), files: sorted(files) };
}

function add(costs: Map<string, number>, name: string, time: number) {
  costs.set(name, (costs.get(name) ?? 0) + time);
}

function placeOf(url: string, root: string): string {
  return url.startsWith('file:') ? relative(root, fileURLToPath(url)) : url.startsWith('/') ? relative(root, url) : url;
}

function packageOf(file: string): string {
  const [, name] = /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file) ?? [];
  return name ?? (file.startsWith('node:') ? `node:${file.slice(5).split('/').slice(0, 2).join('/')}` : file);
}
