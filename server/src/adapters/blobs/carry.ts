import { BlobMissing, type Blobs } from './blobs.ts';

export interface Wanted {
  readonly name: string;
  /** Of the bytes, in hexadecimal. */
  readonly sha256: string;
  readonly size: number;
}

/** What became of bytes that were to be carried: the name they have now, or what is wrong with them where they were. */
export type Carried = { readonly name: string } | { readonly lost: 'missing' | 'damaged' };

/** Copies bytes from one storage into another, which gives them a name of its own; what differs from what was wanted is not kept. */
export async function carryBlob(from: Blobs, to: Blobs, wanted: Wanted): Promise<Carried> {
  const source = await from.open(wanted.name).catch((error: unknown) => {
    if (error instanceof BlobMissing) return undefined;
    throw error;
  });
  if (!source) return { lost: 'missing' };
  const draft = await to.receive(source);
  if (draft.sha256 === wanted.sha256 && draft.size === wanted.size) return { name: await draft.keep() };
  await draft.discard();
  return { lost: 'damaged' };
}
