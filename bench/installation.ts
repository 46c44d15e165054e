import { type Child, startChild } from './child.ts';
import type { LoadOrder, LoadResult } from './load.ts';
import { CONNECTIONS, type Subject, type SubjectPlan, warmUpOf, withSubjects } from './measure.ts';
import type { Sample } from './subjects/report.ts';

/** One or several processes on one database, among which the clients are spread. */
export interface InstallationPlan {
  readonly name: string;
  readonly nodes: readonly SubjectPlan[];
}

export interface Installation {
  readonly name: string;
  readonly nodes: readonly Subject[];
}

/** What everything that runs takes: seconds of CPU in each second. */
export interface Cores {
  readonly servers: number;
  /** Known on Linux alone. */
  readonly database: number | undefined;
  readonly load: number;
}

export interface InstallationRound {
  readonly perSecond: number;
  /** Of the slowest process's requests; undefined where nobody looked. */
  readonly p99: number | undefined;
  /** Requests in one transaction; 0 where nothing is written. */
  readonly perGroup: number;
  readonly cores: Cores;
}

export interface MeasuredInstallation {
  readonly name: string;
  readonly rounds: readonly InstallationRound[];
}

/** How a round is made. */
export interface Measuring {
  readonly rounds: number;
  readonly seconds: number;
  readonly load: SubjectPlan['load'];
  /** Milliseconds of CPU that the database has used so far. */
  readonly databaseCpu: () => number | undefined;
}

/** As `measure` does with single processes: warmed up, then by turns. */
export async function measureInstallations(
  installations: readonly Installation[],
  measuring: Measuring,
): Promise<MeasuredInstallation[]> {
  const most = Math.max(...installations.map(({ nodes }) => nodes.length));
  const loads = Array.from({ length: most }, () => startChild('load.ts'));
  const results = installations.map(() => [] as InstallationRound[]);
  try {
    for (const installation of installations) await warmUpInstallation(loads, installation, measuring);
    for (let round = 0; round < measuring.rounds; round++)
      for (const [place, installation] of installations.entries())
        results[place]?.push(await measureInstallation(loads, installation, measuring));
  } finally {
    for (const load of loads) await load.stop();
  }
  return installations.map(({ name }, place) => ({ name, rounds: results[place] ?? [] }));
}

export async function warmUpInstallation(
  loads: readonly Child[],
  installation: Installation,
  measuring: Measuring,
): Promise<void> {
  const { requests, seconds } = warmUpOf(measuring.rounds);
  const step = 2;
  let answered = 0;
  for (let spent = 0; answered < requests && spent < seconds; spent += step)
    answered += (await measureInstallation(loads, installation, { ...measuring, seconds: step })).perSecond * step;
}

export async function measureInstallation(
  loads: readonly Child[],
  { name, nodes }: Installation,
  { seconds, load, databaseCpu }: Measuring,
): Promise<InstallationRound> {
  const before = await samples(nodes);
  const databaseBefore = databaseCpu();
  const results = await Promise.all(
    nodes.map((node, place) =>
      (loads[place] as Child).ask<LoadResult>(orderOf(node, load, seconds, nodes.length, place)),
    ),
  );
  const databaseAfter = databaseCpu();
  const after = await samples(nodes);
  const failures = sumOf(results, (result) => result.failures);
  if (failures > 0) throw new Error(`${name}: ${failures} requests were not answered with success`);
  const requests = sumOf(results, (result) => result.requests);
  const groups = after.groups - before.groups;
  const took = Math.max(...results.map((result) => result.seconds));
  return {
    perSecond: requests / took,
    p99: Math.max(...results.map((result) => result.p99)),
    perGroup: groups === 0 ? 0 : requests / groups,
    cores: {
      servers: (after.cpu - before.cpu) / 1_000_000 / took,
      database:
        databaseBefore === undefined || databaseAfter === undefined
          ? undefined
          : (databaseAfter - databaseBefore) / 1_000 / took,
      load: sumOf(results, (result) => result.cpu) / 1_000_000 / took,
    },
  };
}

/** To each process its part of the connections, which are other people's than those of the next. */
function orderOf(
  { url, tokens }: Subject,
  load: SubjectPlan['load'],
  seconds: number,
  parts: number,
  place: number,
): LoadOrder {
  const connections = CONNECTIONS / parts;
  const part = <T>(list: readonly T[]) =>
    list.length < CONNECTIONS ? list : list.slice(place * connections, (place + 1) * connections);
  return { ...load, url, seconds, connections, tokens: part(tokens), paths: part(load.paths) };
}

async function samples(nodes: readonly Subject[]): Promise<Sample> {
  const all = await Promise.all(nodes.map(({ child }) => child.ask<Sample>('sample')));
  return { cpu: sumOf(all, ({ cpu }) => cpu), groups: sumOf(all, ({ groups }) => groups) };
}

function sumOf<T>(list: readonly T[], figure: (one: T) => number): number {
  return list.reduce((sum, one) => sum + figure(one), 0);
}

/** Starts all processes of all installations, hands them to `work` and ends them, whatever happens. */
export function withInstallations<T>(
  plans: readonly InstallationPlan[],
  work: (installations: Installation[]) => Promise<T>,
): Promise<T> {
  return withSubjects(
    plans.flatMap(({ nodes }) => nodes),
    (subjects) => {
      const left = [...subjects];
      return work(plans.map(({ name, nodes }) => ({ name, nodes: left.splice(0, nodes.length) })));
    },
  );
}
