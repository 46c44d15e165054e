import { AppError } from '../../errors.ts';

/** Tests under way: a receiver that does not answer holds a place for each. */
export interface TestPlaces {
  /** Takes a place and gives it back when `work` has ended; raises 503 when there is none. */
  run<T>(webhookId: number, userId: number, work: () => Promise<T>): Promise<T>;
}

/** As many at a time for one webhook, and for one person, as deliveries have for one webhook; half of their places for all. */
export function createTestPlaces(all: number, each: number): TestPlaces {
  const underWay = new Set<{ readonly webhookId: number; readonly userId: number }>();
  return {
    run: async (webhookId, userId, work) => {
      const others = [...underWay];
      const isFull =
        others.length >= Math.ceil(all / 2) ||
        others.filter((other) => other.webhookId === webhookId).length >= each ||
        others.filter((other) => other.userId === userId).length >= each;
      if (isFull) throw new AppError('SERVICE_UNAVAILABLE', { reason: 'too_many_tests' }, 5);
      const place = { webhookId, userId };
      underWay.add(place);
      try {
        return await work();
      } finally {
        underWay.delete(place);
      }
    },
  };
}
