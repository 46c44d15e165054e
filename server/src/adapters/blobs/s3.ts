import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
} from '@aws-sdk/client-s3';
import { BlobMissing, type Blobs, BlobsUnavailable, type LinkHead, type StoredName } from './blobs.ts';
import { isBlobName, receiveInParts } from './s3_draft.ts';
import { isAbsent, isUnknown, openS3Store, type S3Options, type S3Store } from './s3_store.ts';

/** For the next bytes of an object that is being read, while somebody waits for them. */
const STALLED_MS = 15_000;
/** To take one away must not make whoever deletes a file wait until his request is late. */
const REMOVE_MS = 5_000;

/** Blobs as objects of a bucket. A store that does not answer, now or later, keeps nothing from starting: it is said in the log. */
export async function openS3Blobs(options: S3Options): Promise<Blobs> {
  const store = openS3Store(options);
  const { bucket, endpoint, linkSeconds, log } = options;
  store.requireBucket().catch((error: unknown) => {
    log.error(
      { err: error, bucket, endpoint: endpoint && new URL(endpoint).origin },
      'the bucket of files cannot be used: uploads and downloads answer 503 until it can',
    );
  });
  return {
    receive: (source) => receiveInParts(store, source),
    open: (name, from, to) => opened(store, name, from, to),
    has: (name) => isThere(store, name),
    remove: (name) => removeObject(store, name),
    names: () => namesIn(store),
    dropDrafts: (olderThanMs) => dropUploads(store, Date.now() - olderThanMs),
    link: linkSeconds === undefined ? undefined : await linker(store, linkSeconds),
    isDown: store.isDown,
    close: () => store.client.destroy(),
  };
}

const objectOf = ({ bucket, prefix }: S3Store, name: string) => ({ Bucket: bucket, Key: prefix + name });

async function opened(store: S3Store, name: string, from = 0, to = Number.MAX_SAFE_INTEGER): Promise<Readable> {
  const end = to === Number.MAX_SAFE_INTEGER ? '' : to;
  const Range = from === 0 && end === '' ? undefined : `bytes=${from}-${end}`;
  const command = new GetObjectCommand({ ...objectOf(store, name), Range });
  const answer = await store
    .ask('GetObject', (options) => store.client.send(command, options))
    .catch((error: unknown) => {
      throw isAbsent(error) ? new BlobMissing(`There is no ${name}`) : error;
    });
  const body = answer.Body as Readable;
  if (Range !== undefined && answer.ContentRange?.startsWith(`bytes ${from}-`) !== true) {
    body.destroy();
    throw new BlobsUnavailable('NoRange', 'GetObject: the store sent something else than the range asked for');
  }
  const stream = Readable.from(unlessStalled(body), { objectMode: false });
  // One that is closed before it is read has begun nothing that would end.
  return stream.once('close', () => body.destroy());
}

/** The same bytes; throws when none come for a while although they are waited for. A reader may take his time. */
async function* unlessStalled(body: Readable): AsyncGenerator<Buffer> {
  const stalled = () => body.destroy(new BlobsUnavailable('Stalled', 'GetObject: the store stopped sending'));
  let timer = setTimeout(stalled, STALLED_MS);
  try {
    for await (const chunk of body) {
      clearTimeout(timer);
      yield chunk as Buffer;
      timer = setTimeout(stalled, STALLED_MS);
    }
  } finally {
    clearTimeout(timer);
  }
}

async function isThere(store: S3Store, name: string): Promise<boolean> {
  const command = new HeadObjectCommand(objectOf(store, name));
  try {
    await store.ask('HeadObject', (options) => store.client.send(command, options));
    return true;
  } catch (error) {
    if (!isAbsent(error)) throw error;
    // A bucket that is gone looks the same here, and would make every file a lost one.
    await store.requireBucket();
    return false;
  }
}

async function removeObject(store: S3Store, name: string): Promise<void> {
  const command = new DeleteObjectCommand(objectOf(store, name));
  await store
    .ask('DeleteObject', (options) => store.client.send(command, options), REMOVE_MS)
    .catch((error: unknown) => {
      if (!isAbsent(error)) throw error;
    });
}

async function* namesIn(store: S3Store): AsyncIterable<StoredName> {
  const { client, bucket, prefix, ask } = store;
  for (let token: string | undefined; ; ) {
    const command = new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: token });
    const page = await ask('ListObjectsV2', (options) => client.send(command, options));
    for (const { Key = '', LastModified } of page.Contents ?? []) {
      const name = Key.slice(prefix.length);
      if (isBlobName(name) && LastModified) yield { name, keptAt: LastModified.getTime() };
    }
    token = page.NextContinuationToken;
    if (page.IsTruncated !== true || token === undefined) return;
  }
}

/** Aborts uploads that were begun before this time. A store that cannot list them has to have a rule for them. */
async function dropUploads(store: S3Store, before: number): Promise<void> {
  for await (const { name, id, begunAt } of uploadsIn(store)) {
    if (begunAt > before) continue;
    const command = new AbortMultipartUploadCommand({ ...objectOf(store, name), UploadId: id });
    await store
      .ask('AbortMultipartUpload', (options) => store.client.send(command, options))
      .catch((error: unknown) => {
        if (!isAbsent(error)) throw error;
      });
  }
}

async function* uploadsIn({ client, bucket, prefix, ask }: S3Store) {
  let next: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } = {};
  for (;;) {
    const command = new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix, ...next });
    const page = await ask('ListMultipartUploads', (options) => client.send(command, options)).catch(unlessUnknown);
    for (const { Key = '', UploadId, Initiated } of page?.Uploads ?? []) {
      const name = Key.slice(prefix.length);
      if (isBlobName(name) && UploadId !== undefined && Initiated)
        yield { name, id: UploadId, begunAt: Initiated.getTime() };
    }
    if (page?.IsTruncated !== true) return;
    next = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker };
  }
}

function unlessUnknown(error: unknown): undefined {
  if (!isUnknown(error)) throw error;
}

/** Signing is done here: the store is not asked. */
async function linker(store: S3Store, expiresIn: number): Promise<Blobs['link']> {
  const { getSignedUrl } = await import('@aws-sdk/s3-request-presigner');
  return (name: string, { type, disposition, cacheControl }: LinkHead) => {
    const command = new GetObjectCommand({
      ...objectOf(store, name),
      ResponseContentType: type,
      ResponseContentDisposition: disposition,
      ResponseCacheControl: cacheControl,
    });
    return store.ask('a link', () => getSignedUrl(store.client, command, { expiresIn }));
  };
}
