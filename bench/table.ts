import type { Measured, Round } from './measure.ts';
import { ratios, type Spread, spreadOf } from './statistics.ts';

export const whole = (figure: number) => Math.round(figure).toLocaleString('en').replaceAll(',', ' ');
export const hundredth = (figure: number) => figure.toFixed(2);

/** Lines of equal columns: the first to the left, figures to the right. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)));
  return rows.map((row) => `  ${line(row).join('  ').trimEnd()}`).join('\n');
}

export function measuredTable(measured: readonly Measured[]): string {
  const head = ['', 'req/CPU-s', 'min–max', 'req/s', 'p50 ms', 'p99 ms', 'per commit'];
  return columns([head, ...measured.map(rowOf)]);
}

function rowOf({ name, rounds }: Measured): string[] {
  const spread = (figure: (round: Round) => number) => spreadOf(rounds.map(figure));
  const cpu = spread(({ perCpuSecond }) => perCpuSecond);
  const group = spread(({ perGroup }) => perGroup).median;
  return [
    name,
    whole(cpu.median),
    `${whole(cpu.min)}–${whole(cpu.max)}`,
    whole(spread(({ perSecond }) => perSecond).median),
    hundredth(spread(({ p50 }) => p50).median),
    hundredth(spread(({ p99 }) => p99).median),
    group === 0 ? '' : group.toFixed(1),
  ];
}

export interface Budget {
  readonly least?: number;
  readonly most?: number;
}

/** One figure against its budget, in a line. */
export function verdict(what: string, spread: Spread, budget?: Budget, show = hundredth): string {
  const figure = `  ${what}: ${show(spread.median)} (${show(spread.min)}–${show(spread.max)})`;
  if (!budget) return figure;
  const { least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY } = budget;
  const bounds = [
    ...(budget.least === undefined ? [] : [`≥ ${show(least)}`]),
    ...(budget.most === undefined ? [] : [`≤ ${show(most)}`]),
  ];
  const kept = spread.median >= least && spread.median <= most;
  return `${figure}, budget ${bounds.join(' and ')}: ${kept ? 'kept' : 'MISSED'}`;
}

/** How much of the other's rate one has, round by round. */
export function compared(one: Measured | undefined, other: Measured | undefined): Spread {
  const rates = (measured: Measured | undefined) => (measured?.rounds ?? []).map(({ perCpuSecond }) => perCpuSecond);
  return spreadOf(ratios(rates(one), rates(other)));
}
