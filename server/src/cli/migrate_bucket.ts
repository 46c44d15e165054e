import { join, resolve } from 'node:path';
import { pino } from 'pino';
import type { Blobs } from '../adapters/blobs/blobs.ts';
import { openBucket, openDiskBlobs } from '../adapters/open.ts';
import type { Config } from '../config.ts';
import type { Reader } from '../db/database.ts';
import { textOf } from '../db/statement.ts';
import { CommandFailed, exitCodes } from './exit.ts';
import { type FilesOfMove, filesThatStay } from './migrate_files.ts';

/** The newest of all bytes show where a server keeps its files. */
const NEWEST = textOf('select name from blobs order by id desc limit 20');

/** Where the files of the disk are. */
export const filesIn = ({ DATA_DIR }: Config): string => resolve(join(DATA_DIR, 'files'));

/** The bucket of the S3_ variables, for files to be carried there; a usage error where they name none. */
export async function openNamedBucket(config: Config): Promise<Blobs> {
  // What is wrong with it is said by whoever uses it.
  const bucket = await openBucket(config, pino({ level: 'silent' }));
  if (bucket) return bucket;
  const how = 'set S3_BUCKET, S3_ENDPOINT and the keys as the server is to have them';
  throw new CommandFailed(exitCodes.usage, `--files-to-s3 carries files into a bucket, and none is named: ${how}.`);
}

/** Files that are left where they are. Refuses where the server that is started then would look for them elsewhere. */
export async function filesLeft(config: Config, db: Reader): Promise<FilesOfMove> {
  if (config.S3_BUCKET === undefined)
    return filesThatStay(`${filesIn(config)}: the server needs the same DATA_DIR as before`);
  const bucket = await openNamedBucket(config);
  try {
    const names = (await db.all(NEWEST, [])).map(({ name }) => String(name));
    if (await isOnDiskAlone(names, openDiskBlobs(config), bucket)) throw onDisk(config);
  } finally {
    bucket.close();
  }
  return filesThatStay(`the bucket ${config.S3_BUCKET}: the server needs the same S3_ variables as before`);
}

async function isOnDiskAlone(names: readonly string[], disk: Blobs, bucket: Blobs): Promise<boolean> {
  for (const name of names) if ((await disk.has(name)) && !(await bucket.has(name))) return true;
  return false;
}

function onDisk(config: Config): CommandFailed {
  const where = `S3_BUCKET is set, and a server would look there for files that are in ${filesIn(config)}`;
  const what = 'add --files-to-s3 to carry them along, or unset S3_BUCKET to leave them';
  return new CommandFailed(exitCodes.usage, `${where}: ${what}.`);
}
