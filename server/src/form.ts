import type { Actor } from './actor.ts';

/** The one file of a form, while it comes. */
export interface IncomingFile<F> {
  /** As its sender calls it; may be anything. */
  readonly name: string;
  /** What came before it, checked like all fields. */
  readonly fields: Partial<F>;
  readonly content: AsyncIterable<Buffer>;
}

export interface ReadForm<F, T> {
  readonly fields: F;
  readonly file: T;
  /** Who is asking, looked up again after the last byte. */
  readonly actor: Actor;
  /** Whether the time was up meanwhile and a refusal has gone out, after which nothing may be kept. */
  isRefused(): boolean;
}

/** A body of fields and one file that is read by the action, as it comes. */
export interface IncomingForm<F> {
  /**
   * Reads to the end; the rest is not kept when anything fails. `keep` takes the file's content, whose digest tells a repeated request
   * from another one. Rejects with what is wrong with the form, or with what `keep` rejects with.
   */
  read<T extends { readonly sha256: string }>(keep: (file: IncomingFile<F>) => Promise<T>): Promise<ReadForm<F, T>>;
}
