import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import tls from 'node:tls';
import { cert } from '../webhooks/self_signed.ts';
import { outputOf } from './output.ts';

/** A proxy of one's own before some nodes. */
export interface ProxyProcess {
  /** Where clients find it. */
  readonly url: string;
  stop(): Promise<void>;
}

const PATIENCE_MS = 15_000;
const children = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

/** Starts it in the foreground, and waits until requests come through. */
export async function startProxy(
  [command, ...args]: readonly [string, ...string[]],
  url: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<ProxyProcess> {
  // The test's own clients trust the certificate that the proxy is given.
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), cert]);
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, ...variables },
  });
  children.add(child);
  const output = outputOf(child);
  const exited = once(child, 'close').then(() => children.delete(child));
  const until = Date.now() + PATIENCE_MS;
  while (
    !(await fetch(`${url}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    if (child.exitCode !== null || Date.now() > until) {
      child.kill('SIGKILL');
      throw new Error(`${command} does not answer: ${output()}`);
    }
    await sleep(50);
  }
  return {
    url,
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
    },
  };
}
