import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Channel } from './channel.ts';
import { LONGEST_STATEMENT_MS, type PoolOptions, streamOf } from './postgres_pool.ts';

/** Looks whether a database answers, on a connection of its own, which also carries what processes tell each other. */
export interface Watch {
  /** False from the moment at which it is known that it does not answer. */
  readonly isUp: boolean;
  /** Why not, as the database or the network says it. */
  readonly reason: string;
  /** Undefined where something in between lends connections for one transaction each: nobody can listen there. */
  readonly channel: Channel | undefined;
  close(): Promise<void>;
}

interface WatchOptions extends Pick<PoolOptions, 'url' | 'isPooled'> {
  /** Sends a notification, on any other connection: a look waits behind nothing. */
  readonly publish: (channel: string, text: string) => Promise<void>;
  /** Whether the database has answered anybody since a monotonic time: then it is there, however long a look waits for its turn. */
  readonly hasAnswered: (since: number) => boolean;
}

const LOOK_EVERY_MS = 500;
/** After it what is under way is given up: within two seconds of the loss everybody has an answer. */
const PATIENCE_MS = 1_200;
/** Behind a pooler a look waits for a connection like everybody else, for as long as the longest statement may keep it. */
const POOLED_PATIENCE_MS = LONGEST_STATEMENT_MS + PATIENCE_MS;
/** A loop that was held up reads what has come before the database is said to be silent. */
const READ_MS = 50;
const CHANNEL = 'veza';
/** Bytes of a notification: https://www.postgresql.org/docs/current/sql-notify.html */
const LONGEST = 7_999;

export function watchPostgres({ url, isPooled, publish, hasAnswered }: WatchOptions, onLost: () => void): Watch {
  const patienceMs = isPooled ? POOLED_PATIENCE_MS : PATIENCE_MS;
  const hearers: ((text: string) => void)[] = [];
  const returns: (() => void)[] = [];
  let client: pg.Client | undefined;
  let isUp = true;
  let reason = '';
  let isClosed = false;
  let pause = new AbortController();

  async function open(): Promise<void> {
    const fresh = new pg.Client({ connectionString: url, keepAlive: true, fallback_application_name: 'veza watch' });
    const lose = () => {
      if (fresh !== client) return;
      client = undefined;
      // A connection may have been cut by itself: another is asked for at once.
      pause.abort();
    };
    fresh.on('error', lose);
    fresh.on('end', lose);
    fresh.on('notification', ({ payload = '' }) => {
      for (const hear of hearers) hear(payload);
    });
    try {
      await inTime(fresh.connect(), PATIENCE_MS);
      // To look is no reason for a process to stay.
      streamOf(fresh)?.unref();
      if (!isPooled) await inTime(fresh.query(`listen ${CHANNEL}`), PATIENCE_MS);
    } catch (error) {
      streamOf(fresh)?.destroy();
      throw error;
    }
    client = fresh;
  }

  async function look(): Promise<void> {
    const known = client;
    const askedAt = performance.now();
    try {
      if (known) return void (await inTime(known.query('select 1'), patienceMs));
      await open();
    } catch (error) {
      client = undefined;
      if (known) streamOf(known)?.destroy();
      if (error instanceof Silent && hasAnswered(askedAt)) return;
      // One that was cut is replaced first; one that is silent is not waited for a second time.
      if (known && !(error instanceof Silent)) return look();
      reason = String((error as { code?: unknown }).code ?? (error as Error).message);
      if (isUp) onLost();
      isUp = false;
      return;
    }
    isUp = true;
    for (const back of returns) back();
  }

  async function run(): Promise<void> {
    while (!isClosed) {
      pause = new AbortController();
      await look();
      await sleep(LOOK_EVERY_MS, undefined, { signal: pause.signal, ref: false }).catch(() => undefined);
    }
  }

  const running = run();
  const channel: Channel = {
    publish: (text) => publish(CHANNEL, text),
    listen: (heard) => void hearers.push(heard),
    onBack: (back) => void returns.push(back),
    get isUp() {
      return client !== undefined;
    },
    longest: LONGEST,
  };
  return {
    get isUp() {
      return isUp;
    },
    get reason() {
      return reason;
    },
    channel: isPooled ? undefined : channel,
    close: async () => {
      isClosed = true;
      pause.abort();
      // With nothing but a look under way, which keeps no process from ending, whoever waits for this would be cut off.
      const stay = setInterval(() => {}, LOOK_EVERY_MS);
      await running;
      await client?.end().catch(() => undefined);
      clearInterval(stay);
    },
  };
}

/** No answer in time: worse than a connection that was cut. */
class Silent extends Error {
  override readonly name = 'Silent';
}

async function inTime<T>(answer: Promise<T>, patienceMs: number): Promise<T> {
  const silent = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    setTimeout(() => silent.reject(new Silent('PostgreSQL is silent')), READ_MS);
  }, patienceMs);
  try {
    return await Promise.race([answer, silent.promise]);
  } finally {
    clearTimeout(timer);
  }
}
