export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** The middle of some figures, with the lowest and the highest. */
export function spreadOf(figures: readonly number[]): Spread {
  if (figures.length === 0) throw new RangeError('No figures');
  const sorted = [...figures].sort((a, b) => a - b);
  const upper = sorted[sorted.length >> 1] as number;
  const lower = sorted[(sorted.length - 1) >> 1] as number;
  return { median: (lower + upper) / 2, min: sorted[0] as number, max: sorted.at(-1) as number };
}

/** Round by round one figure over the other: what slows the machine down for a while slows both of a pair. */
export function ratios(figures: readonly number[], over: readonly number[]): number[] {
  if (figures.length !== over.length) throw new RangeError('Rounds without their pair');
  return figures.map((figure, round) => figure / (over[round] as number));
}
