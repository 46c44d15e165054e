import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Engine } from '../engines.ts';
import { type Exit, type ServerProcess, startServer } from '../harness/server_process.ts';
import { createPostgresDatabase } from '../postgres_database.ts';
import { connectTo, type HttpClient } from './http_client.ts';
import { openReader, type TestReader } from './reader.ts';
import { ready, settings } from './world.ts';

/** One data directory, and the servers that run on it one after another. */
export interface House {
  readonly engine: Engine;
  readonly directory: string;
  /** Starts a process without waiting for it. */
  start(variables?: Readonly<Record<string, string>>): ServerProcess;
  /** Starts one and waits until it is ready; resolves with a connection to it. */
  open(variables?: Readonly<Record<string, string>>): Promise<HttpClient>;
  /** The process started last. */
  server(): ServerProcess;
  /** Ends it and hangs up. */
  end(signal: NodeJS.Signals): Promise<Exit>;
  /** The database, read beside the server; there once one has been ready. */
  reader(): TestReader;
  /** Nobody holds the files any more, as after a power cut; the next `reader` opens them anew. */
  letGo(): Promise<void>;
  /** Ends and removes everything, however far the test came. */
  close(): Promise<void>;
}

const standard = { ...settings, ACCESS_TOKEN_SECONDS: '86400', MAX_PINS_PER_ROOM: '1000' };

interface HouseOptions {
  readonly directory?: string;
  /** For every process started in it. */
  readonly variables?: Readonly<Record<string, string>>;
}

export async function openHouse(engine: Engine, options: HouseOptions = {}): Promise<House> {
  const { directory = mkdtempSync(join(tmpdir(), 'veza-house-')) } = options;
  const database = engine === 'postgres' ? await createPostgresDatabase() : undefined;
  const servers: ServerProcess[] = [];
  const clients: HttpClient[] = [];
  let reader: TestReader | undefined;

  const start: House['start'] = (variables = {}) => {
    const all = { ...standard, DATA_DIR: directory, ...options.variables, ...variables };
    const server = startServer({ directory, variables: all, databaseUrl: database?.url });
    servers.push(server);
    return server;
  };
  const server = () => {
    const last = servers.at(-1);
    if (!last) throw new Error('No server was started');
    return last;
  };
  const hangUp = () => {
    for (const client of clients.splice(0)) client.close();
  };

  return {
    engine,
    directory,
    start,
    server,
    open: async (variables) => {
      const client = connectTo(await ready(start(variables)));
      clients.push(client);
      return client;
    },
    end: async (signal) => {
      const exit = await server().end(signal);
      hangUp();
      return exit;
    },
    reader: () => {
      reader ??= openReader(join(directory, 'veza.db'), database?.url);
      return reader;
    },
    letGo: async () => {
      await reader?.close();
      reader = undefined;
    },
    close: async () => {
      for (const server of servers) await server.end('SIGKILL');
      hangUp();
      await reader?.close();
      await database?.drop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
