import type { Logger } from 'pino';
import type { Sample } from './sample.ts';

/** What is counted where it happens, as plain numbers, and read out when somebody asks. */
export type Source = () => readonly Sample[] | Promise<readonly Sample[]>;

export interface Metrics {
  /** Adds what is asked at every scrape. */
  add(source: Source): void;
  /** All of them, in the text format of Prometheus. */
  scrape(): Promise<string>;
}

/** Prometheus waits for ten seconds: what one source cannot say in time must not cost the others. */
const PATIENCE_MS = 2_000;

export function createMetrics(log: Logger): Metrics {
  const sources: Source[] = [];

  async function read(source: Source): Promise<readonly Sample[]> {
    try {
      return await withinPatience(source());
    } catch (error) {
      log.warn({ err: error }, 'some metrics could not be read; they are missing from this scrape');
      return [];
    }
  }

  return {
    add: (source) => void sources.push(source),
    scrape: async () => {
      const samples = await Promise.all(sources.map(read));
      // Loaded at the first scrape: a server that nobody asks starts without it.
      const { textOf } = await import('./text.ts');
      return textOf(samples.flat());
    },
  };
}

async function withinPatience<T>(value: T | Promise<T>): Promise<T> {
  if (!(value instanceof Promise)) return value;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(reject, PATIENCE_MS, new Error(`No answer within ${PATIENCE_MS} ms`));
  });
  return Promise.race([value, late]).finally(() => clearTimeout(timer));
}
