// What the tests use of it; it has no types of its own.

declare module '@20minutes/s3rver' {
  import type { Readable } from 'node:stream';

  interface StoredObject {
    content: Readable | null;
    range?: { end: number };
  }
  interface Range {
    readonly start?: number;
    readonly end?: number;
  }
  export interface Store {
    getResourcePath(bucket: string, key: string | undefined, resource: string): string;
    getObject(bucket: string, key: string, options: Range): Promise<StoredObject | null>;
  }
  export interface Context {
    readonly method: string;
    readonly params: { readonly bucket: string; readonly key?: string };
    query: Readonly<Record<string, string | undefined>>;
    readonly store: Store;
    body: unknown;
    status: number;
  }
  interface Options {
    readonly address: string;
    readonly port: number;
    readonly directory: string;
    readonly silent: boolean;
    readonly vhostBuckets: boolean;
  }
  export default class S3rver {
    readonly store: Store;
    constructor(options: Options);
    run(): Promise<{ readonly port: number }>;
  }
}

declare module '@20minutes/s3rver/lib/controllers/bucket.js' {
  import type { Context } from '@20minutes/s3rver';

  const controller: { bucketExists(ctx: Context, next?: () => Promise<void>): Promise<void> };
  export default controller;
}

declare module '@20minutes/s3rver/lib/models/error.js' {
  export default class S3Error extends Error {
    constructor(code: string, message: string);
  }
}

declare module '@20minutes/s3rver/lib/signature/v4.js' {
  interface Signed {
    readonly uri: string;
    readonly querystring: string;
  }
  const signature: { getStringToSign(signed: Signed, how: object): string };
  export default signature;
}
