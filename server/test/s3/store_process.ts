import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface StoreProcess {
  /** With the pair of keys that it knows in it. */
  readonly url: string;
  /** At once, as a power cut would; what it has kept stays. */
  kill(): Promise<void>;
  /** Starts it again, in the same place with what it had. */
  again(): Promise<void>;
  /** Ends it, and takes away all it has kept. */
  stop(): Promise<void>;
}

/** Starts an S3 API of one's own, with an empty folder; rejects where it does not start. */
export async function startStore(): Promise<StoreProcess> {
  const directory = await mkdtemp(join(tmpdir(), 'veza-test-s3-'));
  let running = await run(0, directory);
  const { port } = running;
  return {
    url: `http://S3RVER:S3RVER@127.0.0.1:${port}`,
    kill: () => running.end(),
    again: async () => {
      running = await run(port, directory);
    },
    stop: async () => {
      await running.end();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function run(wanted: number, directory: string) {
  // Its tokens for the pages of a listing are made with DES.
  const args = ['--openssl-legacy-provider', join(import.meta.dirname, 'store.ts'), `${wanted}`, directory];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaints += chunk;
  });
  const port = await new Promise<number>((resolve, reject) => {
    child.stdout.once('data', (line: Buffer) => resolve(Number(line)));
    void ended.then(() => reject(new Error(`The S3 store did not start: ${complaints}`)));
  });
  const end = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  return { port, end };
}
