import type { Readable } from 'node:stream';
import type { LinkHead } from './adapters/blobs/blobs.ts';

/** What an action gives back: REST makes a response of it, a socket an acknowledgement. */
export interface Answer {
  readonly status: 200 | 201 | 204;
  /** Shaped by the route's schema when sent. */
  readonly data?: unknown;
  /** The same, already serialised by its presenter. */
  readonly json?: string;
  /** Of a route whose answers are no JSON. */
  readonly text?: string;
  /** The same again, as bytes that are kept and only have to be put in a row. */
  readonly page?: PageOfBytes;
  /** Bytes of any type instead of JSON, sent as they are read. */
  readonly file?: FileAnswer;
  /** Text that is sent as it comes, for as long as somebody listens. */
  readonly stream?: StreamAnswer;
  /** True when an idempotency key found its first answer. */
  readonly replayed?: boolean;
}

export interface PageOfBytes {
  readonly parts: readonly Buffer[];
  /** Differs whenever the parts do, and is much shorter. */
  readonly digest: string;
}

/** Bytes that never change under one tag: REST sends all of them, or the part that was asked for. */
export interface FileAnswer {
  readonly size: number;
  /** Differs whenever the bytes do. */
  readonly digest: string;
  /** Epoch milliseconds. */
  readonly modifiedAt: number;
  readonly type: string;
  readonly filename: string;
  /** Whether a browser may show it; otherwise it saves it. */
  readonly isInline: boolean;
  /** Known by its address alone: pages of others may show it too. */
  readonly isShared: boolean;
  /** From the first byte wanted to the last one, that included; rejects where nothing can be read. */
  open(from: number, to: number): Promise<Readable>;
  /** An address of the same bytes elsewhere; undefined where they are only to be had here. */
  readonly link: ((head: LinkHead) => Promise<string>) | undefined;
}

export interface StreamAnswer {
  readonly type: string;
  /** Called once the head is out. */
  begin(listener: Listener): void;
}

/** Whoever reads a stream. */
export interface Listener {
  /** Bytes written that he has not taken yet. */
  readonly waiting: number;
  /** All that were written so far, those that wait among them. */
  readonly written: number;
  write(text: string): void;
  /** Resolves when what was written has been taken, or he has gone. */
  drained(): Promise<void>;
  end(): void;
  /** Ends at once, whatever still waits. */
  cut(): void;
}

export const ok = (data: unknown): Answer => ({ status: 200, data });
export const okJson = (json: string): Answer => ({ status: 200, json });
export const okText = (text: string): Answer => ({ status: 200, text });
export const okPage = (page: PageOfBytes): Answer => ({ status: 200, page });
export const okFile = (file: FileAnswer): Answer => ({ status: 200, file });
export const okStream = (stream: StreamAnswer): Answer => ({ status: 200, stream });
export const created = (data: unknown): Answer => ({ status: 201, data });
export const createdJson = (json: string, replayed = false): Answer => ({ status: 201, json, replayed });
export const noContent: Answer = { status: 204 };
