import type { Readable } from 'node:stream';

/** Bytes that have come but are nowhere yet: one of the two is called, once. */
export interface Draft {
  readonly size: number;
  /** Of the bytes, in hexadecimal. */
  readonly sha256: string;
  /** Puts them on stable storage under a name that nothing else had or will ever have; resolves with it. */
  keep(): Promise<string>;
  discard(): Promise<void>;
}

export interface StoredName {
  readonly name: string;
  /** Epoch milliseconds of the storage's own clock. */
  readonly keptAt: number;
}

/** What a place that sends bytes itself has to say of them. */
export interface LinkHead {
  readonly type: string;
  /** `Content-Disposition`. */
  readonly disposition: string;
  readonly cacheControl: string;
}

/**
 * Where the bytes of files are. They never change under a name, and no name is used twice: whoever takes one away can never hit what
 * somebody else has just kept. Which names are in use only the database knows.
 */
export interface Blobs {
  /** Takes bytes as they come and no faster than they can be written; nothing is left of them when their source fails. */
  receive(source: AsyncIterable<Uint8Array>): Promise<Draft>;
  /** From the first byte wanted to the last one, that included; all of them by default. Rejects with BlobMissing. */
  open(name: string, from?: number, to?: number): Promise<Readable>;
  has(name: string): Promise<boolean>;
  /** Resolves too when there is none. */
  remove(name: string): Promise<void>;
  /** Every name there is, in no order. */
  names(): AsyncIterable<StoredName>;
  /** Drops what was received and neither kept nor discarded within this time. */
  dropDrafts(olderThanMs: number): Promise<void>;
  /** An address that gives the bytes to whoever has it, for a short while; undefined where they are only to be had through here. */
  readonly link: ((name: string, head: LinkHead) => Promise<string>) | undefined;
  /** Whether the place has lately failed; known without asking it. */
  isDown(): boolean;
  close(): void;
}

export class BlobMissing extends Error {
  override readonly name = 'BlobMissing';
}

/** The place of all bytes does not answer, or refuses us. Nothing can be said of what is there, and trying again may help. */
export class BlobsUnavailable extends Error {
  override readonly name = 'BlobsUnavailable';
  /** What it calls its refusal. */
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
