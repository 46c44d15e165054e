const HOUR_MS = 3_600_000;
export const HOURS_OF_A_DAY = 24;
export const HOURS_OF_A_WEEK = 7 * HOURS_OF_A_DAY;

/** Epoch milliseconds → hours since 1970, UTC. */
export const hourOf = (at: number): number => Math.floor(at / HOUR_MS);
export const dayOf = (hour: number): number => Math.floor(hour / HOURS_OF_A_DAY);
/** The beginning of an hour, in epoch milliseconds. */
export const startOf = (hour: number): number => hour * HOUR_MS;
/** `2024-01-14` */
export const dateOf = (hour: number): string => new Date(startOf(hour)).toISOString().slice(0, 10);

const periods = { '24h': 1, '7d': 7, '30d': 30, '90d': 90 } as const;
export type Period = keyof typeof periods;
export const periodNames = Object.keys(periods) as Period[];

/** The first hour of a period: of `24h` 23 hours before the present one, of the others the first of a UTC day, today being the last. */
export function sinceOf(period: Period, now: number): number {
  const hour = hourOf(now);
  if (period === '24h') return hour - HOURS_OF_A_DAY + 1;
  return (dayOf(hour) - periods[period] + 1) * HOURS_OF_A_DAY;
}
