import { Session } from 'node:inspector';

/** What a subject tells and is asked by the process that measures it. */
export interface Ready {
  readonly port: number;
  /** A token for each person, when the subject wants one. */
  readonly tokens: readonly string[];
}

export interface Sample {
  /** Microseconds of CPU the process has used, all its threads together. */
  readonly cpu: number;
  /** Transactions that wrote messages so far. */
  readonly groups: number;
}

export type Question = 'sample' | 'profile' | 'profiled' | 'stop';

interface Reporting {
  readonly ready: Ready;
  readonly groups: () => number;
  readonly stop: () => Promise<void> | void;
}

const inspector = new Session();

function answer(question: Exclude<Question, 'stop'>, groups: () => number) {
  if (question === 'sample') {
    const { user, system } = process.cpuUsage();
    process.send?.({ cpu: user + system, groups: groups() } satisfies Sample);
  } else if (question === 'profile') {
    inspector.connect();
    inspector.post('Profiler.enable');
    inspector.post('Profiler.setSamplingInterval', { interval: 500 });
    inspector.post('Profiler.start', () => process.send?.('started'));
  } else {
    inspector.post('Profiler.stop', (_, { profile }) => process.send?.(profile));
  }
}

/** Answers the parent until it says stop, or is gone. */
export function report({ ready, groups, stop }: Reporting): void {
  const end = async () => {
    await stop();
    process.exit(0);
  };
  process.on('message', (question: Question) => {
    if (question === 'stop') void end();
    else answer(question, groups);
  });
  process.on('disconnect', () => void end());
  process.send?.(ready);
}
