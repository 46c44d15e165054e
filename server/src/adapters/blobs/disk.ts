import { createHash, randomBytes } from 'node:crypto';
import { constants, createReadStream, mkdirSync, type ReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { StorageFull } from '../../db/database.ts';
import { BlobMissing, type Blobs, type Draft, type StoredName } from './blobs.ts';

export interface DiskBlobsOptions {
  readonly directory: string;
  /** Free bytes below which nothing is taken. */
  readonly minFreeBytes: number;
}

const DRAFTS = 'drafts';
/** Bytes between two looks at the free space. */
const LOOK_EVERY = 4 * 1024 * 1024;

/**
 * Blobs as files in a folder, by the first two digits of their hash. One is written under a passing name, synced, renamed and its folder
 * synced: a name that was given out is whole after any power cut.
 */
export function createDiskBlobs({ directory, minFreeBytes }: DiskBlobsOptions): Blobs {
  const drafts = join(directory, DRAFTS);
  mkdirSync(drafts, { recursive: true, mode: 0o700 });
  const safeFolders = new Set<string>();
  const pathOf = (name: string) => join(directory, name.slice(0, 2), name);

  async function requireRoom(): Promise<void> {
    const { bavail, bsize } = await statfs(directory);
    if (bavail * bsize < minFreeBytes) throw new StorageFull(`Less than ${minFreeBytes} bytes are free`);
  }

  async function receive(source: AsyncIterable<Uint8Array>): Promise<Draft> {
    const path = join(drafts, randomBytes(16).toString('hex'));
    const handle = await open(path, 'wx', 0o600);
    try {
      const { size, sha256 } = await writeAll(handle, source, requireRoom);
      await handle.sync();
      await handle.close();
      return { size, sha256, keep: () => keep(path, sha256), discard: () => rm(path, { force: true }) };
    } catch (error) {
      await handle.close().catch(() => undefined);
      await rm(path, { force: true });
      throw asFull(error);
    }
  }

  /** Whoever made it, now or before a crash, may not have synced what is above it. */
  async function makeFolder(path: string): Promise<void> {
    if (safeFolders.has(path)) return;
    await mkdir(path, { recursive: true, mode: 0o700 });
    for (const above of [directory, dirname(directory)]) await syncFolder(above);
    safeFolders.add(path);
  }

  async function keep(path: string, sha256: string): Promise<string> {
    const name = `${sha256}.${randomBytes(8).toString('hex')}`;
    const target = pathOf(name);
    try {
      await makeFolder(dirname(target));
      await rename(path, target);
      await syncFolder(dirname(target));
    } catch (error) {
      await rm(path, { force: true });
      throw asFull(error);
    }
    return name;
  }

  return {
    receive,
    open: (name, from = 0, to = Number.MAX_SAFE_INTEGER) => opened(pathOf(name), from, to),
    has: (name) => isThere(pathOf(name)),
    remove: (name) => rm(pathOf(name), { force: true }),
    names: () => namesIn(directory),
    dropDrafts: async (olderThanMs) => {
      for (const name of await readdir(drafts)) {
        const path = join(drafts, name);
        const { mtimeMs = Date.now() } = (await stat(path).catch(() => undefined)) ?? {};
        if (Date.now() - mtimeMs >= olderThanMs) await rm(path, { force: true });
      }
    },
    link: undefined,
    isDown: () => false,
    close: () => undefined,
  };
}

async function writeAll(handle: FileHandle, source: AsyncIterable<Uint8Array>, requireRoom: () => Promise<void>) {
  const hash = createHash('sha256');
  let size = 0;
  let looked = -LOOK_EVERY;
  for await (const chunk of source) {
    if (size - looked >= LOOK_EVERY) {
      await requireRoom();
      looked = size;
    }
    hash.update(chunk);
    await handle.writeFile(chunk);
    size += chunk.length;
  }
  return { size, sha256: hash.digest('hex') };
}

function opened(path: string, start: number, end: number): Promise<ReadStream> {
  return new Promise((resolve, reject) => {
    const stream = createReadStream(path, { start, end, highWaterMark: 256 * 1024 });
    stream.once('open', () => {
      stream.off('error', failed);
      resolve(stream);
    });
    const failed = (error: NodeJS.ErrnoException) =>
      reject(error.code === 'ENOENT' ? new BlobMissing(`There is no ${path}`) : error);
    stream.once('error', failed);
  });
}

async function isThere(path: string): Promise<boolean> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return found !== undefined;
}

async function* namesIn(directory: string): AsyncIterable<StoredName> {
  for (const folder of await readdir(directory)) {
    if (folder === DRAFTS) continue;
    for (const name of await readdir(join(directory, folder)).catch(() => [])) {
      const found = await stat(join(directory, folder, name)).catch(() => undefined);
      if (found?.isFile()) yield { name, keptAt: found.mtimeMs };
    }
  }
}

/** A rename is on the disk when its folder is. Windows has no such thing and does it by itself. */
async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EISDIR' || error.code === 'EPERM') return undefined;
    throw error;
  });
  try {
    await handle?.sync();
  } finally {
    await handle?.close();
  }
}

function asFull(error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT' ? new StorageFull('The disk is full', { cause: error }) : error;
}
