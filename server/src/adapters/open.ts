import { join } from 'node:path';
import type { Logger } from 'pino';
import { parseBlocks } from '../address.ts';
import type { Config } from '../config.ts';
import { makeDirectory } from '../directory.ts';
import type { Blobs } from './blobs/blobs.ts';
import { createDiskBlobs } from './blobs/disk.ts';
import type { Outgoing, Resolve } from './outgoing/outgoing.ts';
import { createOutgoing } from './outgoing/undici.ts';
import type { SharedRedis } from './redis/redis.ts';

// Which adapter the configuration asks for. What is not asked for is not loaded.

/** Files in the data directory. */
export function openDiskBlobs({ DATA_DIR, MIN_FREE_DISK_BYTES: minFreeBytes }: Config): Blobs {
  return createDiskBlobs({ directory: join(DATA_DIR, 'files'), minFreeBytes });
}

/** Files in a bucket; undefined where none is named. */
export async function openBucket(config: Config, log: Logger): Promise<Blobs | undefined> {
  const { S3_BUCKET: bucket, S3_ACCESS_KEY_ID: accessKeyId, S3_SECRET_ACCESS_KEY: secretAccessKey } = config;
  if (bucket === undefined) return undefined;
  // What is told of the disk, and the head of the audit log, are there all the same.
  makeDirectory(config.DATA_DIR);
  const { openS3Blobs } = await import('./blobs/s3.ts');
  return openS3Blobs({
    bucket,
    prefix: config.S3_PREFIX,
    region: config.S3_REGION,
    endpoint: config.S3_ENDPOINT,
    credentials: accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey } : undefined,
    pathStyle: config.S3_PATH_STYLE,
    linkSeconds: config.S3_REDIRECT ? config.S3_REDIRECT_SECONDS : undefined,
    log,
  });
}

export async function openBlobs(config: Config, log: Logger): Promise<Blobs> {
  return (await openBucket(config, log)) ?? openDiskBlobs(config);
}

/** What several processes share through Redis; undefined where none is named. */
export async function openShared(config: Config, now: () => number, log: Logger): Promise<SharedRedis | undefined> {
  const { REDIS_URL: url, REDIS_PREFIX: prefix } = config;
  if (url === undefined) return undefined;
  const { openRedis } = await import('./redis/redis.ts');
  return openRedis({ url, prefix, now, log });
}

export function openOutgoing(config: Config, resolve: Resolve | undefined): Outgoing {
  return createOutgoing({
    allowed: parseBlocks(config.WEBHOOK_ALLOWED_CIDRS).blocks,
    connectMs: config.WEBHOOK_CONNECT_SECONDS * 1_000,
    totalMs: config.WEBHOOK_ATTEMPT_SECONDS * 1_000,
    resolve,
  });
}
