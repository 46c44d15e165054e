import type { ChildProcess } from 'node:child_process';

/** Everything that a process writes, both ways, as far as it has come. */
export function outputOf({ stdout, stderr }: Pick<ChildProcess, 'stdout' | 'stderr'>): () => string {
  let output = '';
  for (const stream of [stdout, stderr])
    stream?.on('data', (chunk) => {
      output += chunk;
    });
  return () => output;
}
