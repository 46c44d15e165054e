import { randomBytes } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  CreateBucketCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  S3Client,
} from '@aws-sdk/client-s3';

/** Without a slash: with the last object of a folder the store drops the folder, and what has just come into it. */
export const PREFIX = 'files-';

export interface Bucket {
  readonly name: string;
  readonly endpoint: string;
  /** Settings of a server that keeps its files there. */
  readonly variables: Readonly<Record<string, string>>;
  readonly client: S3Client;
  /** Keys of all objects, in order. */
  objects(): Promise<string[]>;
  /** Keys of uploads that were begun and neither completed nor aborted; the first few, as the store lists them. */
  uploads(): Promise<string[]>;
  put(key: string, content: string): Promise<void>;
}

/** The store of this run, if there is one: an address with the pair of keys in it. */
export const storeUrl = (): string | undefined => process.env.VEZA_TEST_S3_URL;

/** An empty bucket in a store, which servers reach by another address where one is given. */
export async function createBucket(url: string, reached?: string): Promise<Bucket> {
  const { origin, username: accessKeyId, password: secretAccessKey } = new URL(url);
  const endpoint = reached ?? origin;
  const name = `veza-${randomBytes(8).toString('hex')}`;
  const client = new S3Client({
    endpoint: origin,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
  await client.send(new CreateBucketCommand({ Bucket: name }));
  return {
    name,
    endpoint,
    client,
    variables: {
      S3_BUCKET: name,
      S3_ENDPOINT: endpoint,
      S3_PREFIX: PREFIX,
      S3_ACCESS_KEY_ID: accessKeyId,
      S3_SECRET_ACCESS_KEY: secretAccessKey,
    },
    objects: async () => {
      const pages = await Array.fromAsync(paginateListObjectsV2({ client }, { Bucket: name }));
      return pages.flatMap(({ Contents = [] }) => Contents.map(({ Key = '' }) => Key)).sort();
    },
    uploads: async () => {
      const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: name }));
      return Uploads.map(({ Key = '' }) => Key);
    },
    put: async (Key, content) => {
      await client.send(new PutObjectCommand({ Bucket: name, Key, Body: content }));
    },
  };
}

/** The store, for tests of nothing else: undefined, and noted, where there is none. */
export function requireStore(): string | undefined {
  const url = storeUrl();
  if (url === undefined) noteMissing();
  return url;
}

function noteMissing(): void {
  if (process.env.VEZA_TEST_RECORD) appendFileSync(process.env.VEZA_TEST_RECORD, 'without s3\n');
  test('S3: not available', { skip: 'nothing in this file ran on a store of S3' });
}
