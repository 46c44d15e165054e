import { createHash, randomBytes } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { BlobsUnavailable, type Draft } from './blobs.ts';
import type { S3Store } from './s3_store.ts';

/** All parts but the last are of one size, which some stores want; 5 GiB are 640 of at most 10 000. */
const PART = 8 * 1024 * 1024;
/** For one part to be sent and taken. */
const SEND_MS = 30_000;
/** Tidying is tried for so long; what it leaves the sweep takes. */
const TIDY_MS = 3_000;

/**
 * Takes bytes in parts, no faster than the store does: at most one part waits in memory, twice while it is put together. What fits into
 * one is sent by `keep` alone; of more the store makes an object only then.
 */
export async function receiveInParts(store: S3Store, source: AsyncIterable<Uint8Array>): Promise<Draft> {
  const upload = createUpload(store);
  const hash = createHash('sha256');
  let size = 0;
  let waiting: Uint8Array[] = [];
  let held = 0;
  const take = () => {
    const part = Buffer.concat(waiting);
    waiting = [];
    held = 0;
    return part;
  };
  try {
    for await (const chunk of source) {
      hash.update(chunk);
      size += chunk.length;
      for (let at = 0; at < chunk.length; ) {
        if (held === PART) await upload.add(take());
        const piece = chunk.subarray(at, at + PART - held);
        waiting.push(piece);
        held += piece.length;
        at += piece.length;
      }
    }
    const last = take();
    if (size > PART) await upload.add(last);
    const sha256 = hash.digest('hex');
    return { size, sha256, keep: () => upload.keep(last), discard: upload.discard };
  } catch (error) {
    await upload.discard();
    throw error;
  }
}

function createUpload({ client, bucket, prefix, ask }: S3Store) {
  const name = newName();
  const object = { Bucket: bucket, Key: prefix + name };
  const parts: { PartNumber: number; ETag: string | undefined }[] = [];
  let id: string | undefined;

  async function begin(): Promise<string> {
    const command = new CreateMultipartUploadCommand(object);
    const { UploadId } = await ask('CreateMultipartUpload', (options) => client.send(command, options));
    if (UploadId === undefined) throw new BlobsUnavailable('NoUploadId', 'CreateMultipartUpload: no upload was named');
    return UploadId;
  }

  async function add(body: Buffer): Promise<void> {
    id ??= await begin();
    const PartNumber = parts.length + 1;
    const command = new UploadPartCommand({ ...object, UploadId: id, PartNumber, Body: body });
    const { ETag } = await ask('UploadPart', (options) => client.send(command, options), SEND_MS);
    parts.push({ PartNumber, ETag });
  }

  const put = (body: Buffer) => {
    const command = new PutObjectCommand({ ...object, Body: body });
    return ask('PutObject', (options) => client.send(command, options), SEND_MS);
  };

  const complete = () => {
    const command = new CompleteMultipartUploadCommand({ ...object, UploadId: id, MultipartUpload: { Parts: parts } });
    return ask('CompleteMultipartUpload', (options) => client.send(command, options), SEND_MS);
  };

  async function keep(body: Buffer): Promise<string> {
    try {
      await (id === undefined ? put(body) : complete());
    } catch (error) {
      // What came of it is not known; nobody learns the name, so that either way it is nobody's.
      await discard();
      await removeObject();
      throw error;
    }
    return name;
  }

  async function discard(): Promise<void> {
    if (id === undefined) return;
    const command = new AbortMultipartUploadCommand({ ...object, UploadId: id });
    await ask('AbortMultipartUpload', (options) => client.send(command, options), TIDY_MS).catch(leaveIt);
  }

  const removeObject = () => {
    const command = new DeleteObjectCommand(object);
    return ask('DeleteObject', (options) => client.send(command, options), TIDY_MS).catch(leaveIt);
  };

  return { add, keep, discard };
}

const leaveIt = () => undefined;

/** The hash is not known before the first part is sent; chance alone keeps names apart, as with the uuids of files. */
const newName = () => randomBytes(20).toString('hex');

/** Names of ours, and those that files had on a disk: whatever else is in the bucket is none of our business. */
export const isBlobName = (name: string): boolean => /^([0-9a-f]{40}|[0-9a-f]{64}\.[0-9a-f]{16})$/.test(name);
