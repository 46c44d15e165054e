import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../harness/free_port.ts';
import { type ServerProcess, startServer } from '../harness/server_process.ts';
import { createPostgresDatabase } from '../postgres_database.ts';

/** Two servers on one PostgreSQL and one folder, each started again when it has ended, as a service manager does. */
export interface Nodes {
  readonly ports: readonly [number, number];
  readonly directory: string;
  /** A program that takes `veza@PORT`, ends that node with SIGTERM and comes back when the process is gone. */
  readonly restart: string;
  /** Codes that nodes have ended with. */
  readonly ends: readonly (number | null)[];
  stop(): Promise<void>;
}

// As systemctl does it: what the node's last process was is gone when this returns.
const RESTART = `#!/bin/sh
pid=$(cat "$(dirname "$0")/nodes/\${1#veza@}")
kill -TERM "$pid"
while kill -0 "$pid" 2> /dev/null; do sleep 0.05; done
`;

export async function startNodes(variables: Readonly<Record<string, string>>): Promise<Nodes> {
  const directory = mkdtempSync(join(tmpdir(), 'veza-nodes-'));
  const database = await createPostgresDatabase();
  const ports = [await freePort(), await freePort()] as const;
  const ends: (number | null)[] = [];
  const running = new Map<number, ServerProcess>();
  let stopped = false;
  mkdirSync(join(directory, 'nodes'));
  const restart = join(directory, 'restart');
  writeFileSync(restart, RESTART, { mode: 0o755 });

  function start(port: number): ServerProcess {
    const server = startServer({
      directory,
      databaseUrl: database.url,
      variables: { ...variables, PORT: String(port), MIN_FREE_DISK_BYTES: '0' },
    });
    running.set(port, server);
    writeFileSync(join(directory, 'nodes', String(port)), String(server.pid));
    void server.exited.then(({ code }) => {
      if (stopped) return;
      ends.push(code);
      start(port);
    });
    return server;
  }

  // At once: one of them brings the database up to date, and the other waits.
  await Promise.all(ports.map((port) => start(port).url));
  return {
    ports,
    directory,
    restart,
    ends,
    stop: async () => {
      stopped = true;
      await Promise.all([...running.values()].map((server) => server.end('SIGTERM')));
      await database.drop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
