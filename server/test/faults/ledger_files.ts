import { type Form, formOf } from '../harness/form.ts';
import type { Entry, Ledger, Place, Player } from './ledger.ts';

/** One upload as its sender knows it. */
export interface Upload {
  /** No other has it. */
  readonly name: string;
  readonly place: Place;
  /** Uploaded into its place; else its uploader's alone until a message takes it there. */
  readonly isPlaced: boolean;
  readonly uploader: Player;
  readonly content: Buffer;
  readonly sha256: string;
  sent: 'attempted' | 'acknowledged' | 'refused';
  /** Known once it was acknowledged. */
  id: number | undefined;
  /** The message that was sent with it, if any. */
  entry: Entry | undefined;
  /** Its own, or its message's. */
  deletion: 'none' | 'attempted' | 'acknowledged';
}

type NewUpload = Omit<Upload, 'sent' | 'id' | 'entry' | 'deletion'>;

export function attemptUpload({ uploads }: Ledger, asked: NewUpload): Upload {
  const upload: Upload = { ...asked, sent: 'attempted', id: undefined, entry: undefined, deletion: 'none' };
  uploads.push(upload);
  return upload;
}

export function formOfUpload({ name, place, isPlaced, content }: Upload): Form {
  const field = place.path.startsWith('/rooms/') ? 'room_id' : 'conversation_id';
  const { body, headers } = formOf([
    ...(isPlaced ? [{ name: field, content: `${place.id}` }] : []),
    { name: 'file', filename: name, content },
  ]);
  return { body, headers: { ...headers, 'idempotency-key': name } };
}
