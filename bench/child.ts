import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';

/** A process of ours that answers one message at a time. */
export interface Child {
  readonly pid: number | undefined;
  /** Sends a message and resolves with the next one that comes back. */
  ask<T>(question: unknown): Promise<T>;
  /** Resolves with the next message that comes. */
  next<T>(): Promise<T>;
  stop(): Promise<void>;
}

export function startChild(file: string, args: readonly string[] = []): Child {
  const child = fork(join(import.meta.dirname, file), [...args], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const next = <T>() =>
    new Promise<T>((resolve, reject) => {
      const onMessage = (message: unknown) => settle(() => resolve(message as T));
      const onExit = (code: number | null) => settle(() => reject(new Error(`${file} ended with ${code}`)));
      const settle = (how: () => void) => {
        child.off('message', onMessage);
        child.off('exit', onExit);
        how();
      };
      child.on('message', onMessage);
      child.on('exit', onExit);
    });
  return {
    pid: child.pid,
    next,
    ask: <T>(question: unknown) => {
      const answer = next<T>();
      // That it is gone is said by its exit.
      child.send(question as object, () => {});
      return answer;
    },
    stop: () => stop(child),
  };
}

function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.send('stop', () => {});
  });
}
