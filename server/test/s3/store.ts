import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context, Store } from '@20minutes/s3rver';
import bucketController from '@20minutes/s3rver/lib/controllers/bucket.js';
import S3Error from '@20minutes/s3rver/lib/models/error.js';
import v4 from '@20minutes/s3rver/lib/signature/v4.js';

// s3rver as a process of its own: `store.ts <port> <directory>`. What it lacks of the API is put in before it is loaded.

const [port = '0', directory = ''] = process.argv.slice(2);

/** Of whatever is listed. A store may always give fewer than it was asked for. */
const PAGE = 3;

interface Upload {
  readonly id: string;
  readonly key: string;
  readonly begun: Date;
}

const folderOf = ({ store, params }: Context) => store.getResourcePath(params.bucket, undefined, 'uploads');

async function uploadsOf(ctx: Context): Promise<Upload[]> {
  const folder = folderOf(ctx);
  const uploads: Upload[] = [];
  for (const id of await readdir(folder).catch(() => [])) {
    const path = join(folder, id, 'key');
    const key = await readFile(path, 'utf8').catch(() => undefined);
    if (key?.startsWith(ctx.query.prefix ?? '')) uploads.push({ id, key, begun: (await stat(path)).mtime });
  }
  return uploads.sort((a, b) => (a.key + a.id < b.key + b.id ? -1 : 1));
}

/** ListMultipartUploads, a few at a time, so that whoever lists them has to go on. */
async function listUploads(ctx: Context): Promise<void> {
  const { 'key-marker': key = '', 'upload-id-marker': id = '' } = ctx.query;
  const after = (await uploadsOf(ctx)).filter((one) => one.key + one.id > key + id);
  const page = after.slice(0, PAGE);
  const last = page.at(-1);
  const isTruncated = after.length > page.length;
  ctx.body = {
    ListMultipartUploadsResult: {
      Bucket: ctx.params.bucket,
      IsTruncated: isTruncated,
      ...(isTruncated && last ? { NextKeyMarker: last.key, NextUploadIdMarker: last.id } : {}),
      Upload: page.map((one) => ({ Key: one.key, UploadId: one.id, Initiated: one.begun.toISOString() })),
    },
  };
}

async function abortUpload(ctx: Context, id: string): Promise<void> {
  if (!(await uploadsOf(ctx)).some((one) => one.id === id))
    throw new S3Error('NoSuchUpload', 'The specified upload does not exist.');
  await rm(join(folderOf(ctx), id), { recursive: true });
  ctx.status = 204;
}

// It is asked for each request to a bucket, once who asks is known.
const { bucketExists } = bucketController;
bucketController.bucketExists = async (ctx, next) => {
  await bucketExists(ctx);
  const { method, params, query } = ctx;
  if (method === 'GET' && params.key === undefined && query.uploads !== undefined) return listUploads(ctx);
  if (query['list-type'] !== undefined) ctx.query = { ...query, 'max-keys': `${PAGE}` };
  if (method === 'DELETE' && query.uploadId !== undefined) return abortUpload(ctx, query.uploadId);
  await next?.();
};

/** `bytes=0-0` is read as a range without an end: the first two bytes, then, without the second. */
function readFirstByte(store: Store): void {
  const getObject = store.getObject.bind(store);
  store.getObject = async (bucket, key, options) => {
    if (options.end !== 0) return getObject(bucket, key, options);
    const object = await getObject(bucket, key, { start: 0, end: 1 });
    if (object?.range) object.range.end = 0;
    if (object?.content) object.content = object.content.take(1);
    return object;
  };
}

// What was signed: a bucket's own address as the SDK writes it, and queries that leave fewer characters as they are (RFC 3986).
const { getStringToSign } = v4;
v4.getStringToSign = (signed, how) => {
  const uri = /^\/[^/]+$/.test(signed.uri) ? `${signed.uri}/` : signed.uri;
  const querystring = signed.querystring.replaceAll(
    /[!'()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return getStringToSign({ ...signed, uri, querystring }, how);
};

const { default: S3rver } = await import('@20minutes/s3rver');
const server = new S3rver({ address: '127.0.0.1', port: Number(port), directory, silent: true, vhostBuckets: false });
readFirstByte(server.store);
const { port: taken } = await server.run();
process.stdout.write(`${taken}\n`);
// However the process that started this one ends, this one goes with it, and what it has kept.
const leave = async () => {
  await rm(directory, { recursive: true, force: true });
  process.exit();
};
process.stdin.on('end', () => void leave()).resume();
