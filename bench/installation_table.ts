import { availableParallelism } from 'node:os';
import type { Cores, InstallationRound, MeasuredInstallation } from './installation.ts';
import { ratios, type Spread, spreadOf } from './statistics.ts';
import { columns, hundredth, whole } from './table.ts';

/** Rates, and what of the machine they took: where all cores are busy it is they that bound, else it is waiting. */
export function installationTable(measured: readonly MeasuredInstallation[]): string {
  const head = ['', 'req/s', 'min–max', 'p99 ms', 'per commit'];
  const cpu = ['CPU-s/s: servers', 'PostgreSQL', 'load', `of ${availableParallelism()}`];
  return columns([[...head, ...cpu], ...measured.map(rowOf)]);
}

function rowOf({ name, rounds }: MeasuredInstallation): string[] {
  const spread = (figure: (round: InstallationRound) => number) => spreadOf(rounds.map(figure));
  const rate = spread(({ perSecond }) => perSecond);
  const group = spread(({ perGroup }) => perGroup).median;
  const p99 = rounds.flatMap((round) => round.p99 ?? []);
  const used = (figure: (cores: Cores) => number | undefined) => {
    const figures = rounds.flatMap(({ cores }) => figure(cores) ?? []);
    return figures.length === 0 ? '?' : hundredth(spreadOf(figures).median);
  };
  return [
    name,
    whole(rate.median),
    `${whole(rate.min)}–${whole(rate.max)}`,
    p99.length === 0 ? '' : hundredth(spreadOf(p99).median),
    group === 0 ? '' : group.toFixed(1),
    used(({ servers }) => servers),
    used(({ database }) => database),
    used(({ load }) => load),
    used(({ servers, database, load }) => (database === undefined ? undefined : servers + database + load)),
  ];
}

/** How much of the other's rate by the clock one has, round by round. */
export function ratesCompared(one: MeasuredInstallation | undefined, other: MeasuredInstallation | undefined): Spread {
  const rates = (measured: MeasuredInstallation | undefined) =>
    (measured?.rounds ?? []).map((round) => round.perSecond);
  return spreadOf(ratios(rates(one), rates(other)));
}

/** What one request costs each of them, in microseconds of CPU. */
export function cpuPerRequest({ name, rounds }: MeasuredInstallation): string {
  const each = (figure: (cores: Cores) => number | undefined) => {
    const figures = rounds.flatMap(({ cores, perSecond }) => {
      const used = figure(cores);
      return used === undefined ? [] : (used / perSecond) * 1_000_000;
    });
    return figures.length === 0 ? '?' : whole(spreadOf(figures).median);
  };
  return `${name}, µs of CPU a request: ${each(({ servers }) => servers)} of the server, ${each(({ database }) => database)} of PostgreSQL`;
}
