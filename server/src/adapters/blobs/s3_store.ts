import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import type { Logger } from 'pino';
import { BlobsUnavailable } from './blobs.ts';

export interface S3Options {
  readonly bucket: string;
  /** Begins the name of every object. */
  readonly prefix: string;
  readonly region: string;
  /** Undefined for Amazon's own. */
  readonly endpoint: string | undefined;
  /** Undefined for what the machine or its environment gives. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined;
  readonly pathStyle: boolean;
  /** How long a link to the store works; undefined where none is given out. */
  readonly linkSeconds: number | undefined;
  readonly log: Logger;
}

/** Seconds of the store for what carries no bytes, its few attempts and their pauses included: less than a request may take. */
const ANSWER_MS = 8_000;
const CONNECT_MS = 3_000;
const ATTEMPTS = 3;
/** A reader that is slow keeps its connection; the SDK's own limit of 50 would let some of those stop everybody. */
const CONNECTIONS = 1_000;
/** Between two looks at a store that has failed. */
const LOOK_EVERY_MS = 10_000;
const ABSENT: ReadonlySet<string> = new Set(['NoSuchKey', 'NotFound', 'NoSuchUpload', 'InvalidRange']);

type Call<T> = (options: { readonly abortSignal: AbortSignal }) => Promise<T>;

/** A bucket, and how anything is asked of it. */
export interface S3Store {
  readonly client: S3Client;
  readonly bucket: string;
  readonly prefix: string;
  /** Rejects with BlobsUnavailable, whatever went wrong, and does so within the time given. */
  ask<T>(what: string, call: Call<T>, withinMs?: number): Promise<T>;
  /** Rejects where the bucket is not there, not ours or does not answer. */
  requireBucket(): Promise<void>;
  /** Whether what was last asked of it failed. One that has is looked at again, at most every ten seconds. */
  isDown(): boolean;
}

export function openS3Store({ bucket, prefix, region, endpoint, credentials, pathStyle }: S3Options): S3Store {
  const client = new S3Client({
    region,
    forcePathStyle: pathStyle,
    maxAttempts: ATTEMPTS,
    retryMode: 'standard',
    // The hash of all bytes is in the signature, which every store checks; of the newer checksums many know nothing.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    expectContinueHeader: false,
    requestHandler: {
      connectionTimeout: CONNECT_MS,
      requestTimeout: 0,
      socketTimeout: 0,
      httpAgent: { keepAlive: true, maxSockets: CONNECTIONS },
      httpsAgent: { keepAlive: true, maxSockets: CONNECTIONS },
    },
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
  });
  let hasFailed = false;
  let lookedAt = 0;

  async function ask<T>(what: string, call: Call<T>, withinMs = ANSWER_MS): Promise<T> {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), withinMs);
    try {
      const answer = await call({ abortSignal: late.signal });
      hasFailed = false;
      return answer;
    } catch (error) {
      const failure = late.signal.aborted ? lateFailure(what, withinMs) : failureOf(what, error);
      hasFailed = !isAbsent(failure) && !isUnknown(failure);
      throw failure;
    } finally {
      clearTimeout(timer);
    }
  }

  const one = new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, MaxKeys: 1 });
  // The answer to a HEAD would not say why.
  const requireBucket = async () => void (await ask('ListObjectsV2', (options) => client.send(one, options)));

  function isDown(): boolean {
    if (hasFailed && performance.now() - lookedAt > LOOK_EVERY_MS) {
      lookedAt = performance.now();
      requireBucket().catch(() => undefined);
    }
    return hasFailed;
  }

  return { client, bucket, prefix, ask, requireBucket, isDown };
}

/** Whether the store has answered, and only said that there is no such thing. */
export const isAbsent = (error: unknown): boolean => error instanceof BlobsUnavailable && ABSENT.has(error.code);

/** Whether the store has answered that it does not offer this. */
export const isUnknown = (error: unknown): boolean =>
  error instanceof BlobsUnavailable && error.code === 'NotImplemented';

const lateFailure = (what: string, ms: number) =>
  new BlobsUnavailable('Timeout', `${what}: the store did not answer within ${ms / 1_000} seconds`);

interface Failure {
  readonly name?: string;
  readonly message?: string;
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
}

/** Says why in words of its own: the SDK's errors carry keys and what was signed. */
function failureOf(what: string, error: unknown): BlobsUnavailable {
  const { name = 'Error', message = '', code, $metadata } = error as Failure;
  const { httpStatusCode: status, requestId } = $metadata ?? {};
  const facts = [
    ...(status === undefined ? [] : [`status ${status}`]),
    ...(requestId === undefined ? [] : [`request ${requestId}`]),
  ];
  const kind = code ?? name;
  const said = message === '' || message === kind ? kind : `${kind}: ${message}`;
  return new BlobsUnavailable(kind, `${what}: ${said}${facts.length > 0 ? ` (${facts.join(', ')})` : ''}`);
}
