import { ImagesBusy } from './images.ts';

/** Who waits: somebody, or undefined for what goes before everybody. */
export type Who = number | undefined;

export interface Turns {
  /** Runs `work` when it is its turn, after all else that runs; rejects with ImagesBusy where too many wait. */
  take<T>(who: Who, work: () => Promise<T>): Promise<T>;
}

interface Waiting {
  readonly who: Who;
  begin(): Promise<void>;
}

/** One at a time. So many wait at most, of those with and of those without a name, and so many with the same one. */
export function createTurns(most: number, mostEach: number): Turns {
  const queue: Waiting[] = [];
  let current: Waiting | undefined;

  function next(): void {
    if (current !== undefined) return;
    const first = queue.findIndex(({ who }) => who === undefined);
    [current] = queue.splice(first === -1 ? 0 : first, 1);
    void current?.begin().finally(() => {
      current = undefined;
      next();
    });
  }

  function isFull(who: Who): boolean {
    const all = current === undefined ? queue : [current, ...queue];
    const alike = all.filter((other) => (other.who === undefined) === (who === undefined));
    return alike.length >= most || (who !== undefined && alike.filter((other) => other.who === who).length >= mostEach);
  }

  return {
    take: (who, work) =>
      new Promise((resolve, reject) => {
        if (isFull(who)) return reject(new ImagesBusy());
        queue.push({ who, begin: async () => work().then(resolve, reject) });
        next();
      }),
  };
}
