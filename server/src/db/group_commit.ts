import { type CommitCounts, countCommit, countFailed } from './commit_counts.ts';
import { StorageFull, StuckWrite, type Writer } from './database.ts';

/** What the batch needs of a SQLite connection; its calls are synchronous. */
export interface Transactional {
  /** True while a transaction is open: a full disk ends it silently. */
  inTransaction(): boolean;
  begin(): void;
  commit(): void;
  rollback(): void;
  savepoint(): void;
  release(): void;
  rollbackToSavepoint(): void;
  /** A writer that refuses every call once its member has ended. */
  writer(isOpen: () => boolean): Writer;
  /** Throws StorageFull when there is too little room to begin. */
  checkRoom(): void;
  /** Reports an error after which nothing on disk can be trusted; does not return in production. */
  ifFatal(error: unknown): void;
}

interface Member {
  readonly name: string;
  readonly work: (db: Writer) => Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

type Outcome = { member: Member; value: unknown } | { member: Member; error: unknown };

/** Largest batch: keeps the pause in which nothing else runs to a few tens of milliseconds. */
const LARGEST_BATCH = 512;

/**
 * Group commit (docs/decisions/0001): the writes of one turn of the event loop share one transaction and one sync. Members run one
 * after another, each in its own savepoint; one that fails takes only its own changes with it. Nobody is told of success before the
 * commit has returned.
 */
export function createGroupCommit(connection: Transactional, counts: CommitCounts) {
  let waiting: Member[] = [];
  let running = false;
  let closed = false;

  function write<T>(name: string, work: (db: Writer) => Promise<T>): Promise<T> {
    if (closed) return Promise.reject(new StuckWrite(`${name}: the database is closed`));
    return new Promise<T>((resolve, reject) => {
      waiting.push({ name, work, resolve: resolve as (value: unknown) => void, reject });
      if (!running && waiting.length === 1) setImmediate(flush);
    });
  }

  async function flush() {
    running = true;
    const batch = waiting.slice(0, LARGEST_BATCH);
    waiting = waiting.slice(LARGEST_BATCH);
    await runBatch(connection, batch, counts);
    running = false;
    if (waiting.length > 0) setImmediate(flush);
  }

  return {
    write,
    /** Refuses new writes; what is already waiting still runs. */
    close: () => {
      closed = true;
      return new Promise<void>((resolve) => {
        const look = () => (running || waiting.length > 0 ? void setImmediate(look) : resolve());
        look();
      });
    },
  };
}

async function runBatch(connection: Transactional, batch: readonly Member[], counts: CommitCounts): Promise<void> {
  const outcomes: Outcome[] = [];
  const begunAt = performance.now();
  try {
    connection.checkRoom();
    connection.begin();
    for (const member of batch) outcomes.push(await runMember(connection, member));
    const committingAt = performance.now();
    connection.commit();
    countCommit(counts, batch.length, begunAt, committingAt);
  } catch (error) {
    connection.ifFatal(error);
    countFailed(counts, batch.length, error, 'failed');
    if (connection.inTransaction()) connection.rollback();
    for (const member of batch) member.reject(error);
    return;
  }
  for (const outcome of outcomes) {
    if ('error' in outcome) {
      countFailed(counts, 1, outcome.error, 'undone');
      outcome.member.reject(outcome.error);
    } else {
      counts.outcomes.committed++;
      outcome.member.resolve(outcome.value);
    }
  }
}

async function runMember(connection: Transactional, member: Member): Promise<Outcome> {
  let open = true;
  connection.savepoint();
  try {
    const value = await withinThisTurn(
      member,
      connection.writer(() => open),
    );
    open = false;
    connection.release();
    return { member, value };
  } catch (error) {
    open = false;
    connection.ifFatal(error);
    // A full disk rolls the whole transaction back behind our back: then no member of the batch may be acknowledged.
    if (!connection.inTransaction())
      throw new StorageFull('The transaction was rolled back by the database', { cause: error });
    connection.rollbackToSavepoint();
    return { member, error };
  }
}

/** Statements answer in microtasks, so a member is done before the loop turns; one that is not awaits something else. */
function withinThisTurn(member: Member, db: Writer): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const late = setImmediate(() => {
      reject(new StuckWrite(`${member.name}: a write may await nothing but its own database calls`));
    });
    const done = () => clearImmediate(late);
    // A work that throws at once must not leave the promise hanging.
    Promise.resolve(db).then(member.work).then(resolve, reject).finally(done);
  });
}
