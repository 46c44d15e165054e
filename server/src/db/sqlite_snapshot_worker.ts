import { parentPort, workerData } from 'node:worker_threads';
import type { CompiledText, Row } from './database.ts';
import { connect, prepareCache } from './sqlite_connection.ts';

export interface SnapshotRequest {
  readonly text: CompiledText;
  readonly values: readonly unknown[];
}

export type SnapshotAnswer = { readonly rows: Row[] } | { readonly error: unknown };

// better-sqlite3 cannot be interrupted: what takes long runs here, in one read transaction on a connection of its own.
const connection = connect((workerData as { path: string }).path, true);
const prepare = prepareCache(connection);
connection.exec('begin');

parentPort?.on('message', ({ text, values }: SnapshotRequest) => {
  parentPort?.postMessage(answer(text, values));
});

function answer(text: CompiledText, values: readonly unknown[]): SnapshotAnswer {
  try {
    return { rows: prepare(text).all(...values) };
  } catch (error) {
    return { error };
  }
}
