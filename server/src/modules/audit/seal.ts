import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { AuditMarkRow, AuditRow, AuditSealRow } from '../../db/tables.ts';
import { personalText, publicText } from './details.ts';

/** What the chain is made with. The id says which key it was, and nothing else of it. */
export interface SealKey {
  readonly id: string;
  readonly bytes: Uint8Array;
}

export type Sealed = Omit<AuditRow, 'id'> & { readonly id: number };
/** What the first link hangs on. */
export const NOTHING_BEFORE = '';
const NO_WORDS = '{}';

/** The key of the audit log, derived from the server's secret. */
export function sealKeyOf(secret: Uint8Array): SealKey {
  const bytes = createHmac('sha256', secret).update('audit seal, first version').digest();
  return { bytes, id: macOf(bytes, ['key']).slice(0, 16) };
}

/**
 * The next link: over what is public of the row, over salted digests of what is personal (where from, and people's words), and over
 * the link before it. What is personal can be erased with its salt, and the chain still holds.
 */
export function sealRow(key: SealKey, seq: number, before: string, row: Sealed): AuditSealRow {
  const address = digested(row.address, '');
  const words = digested(personalText(row.details), NO_WORDS);
  const seal = {
    seq,
    audit_id: row.id,
    key_id: key.id,
    address_salt: address.salt,
    address_digest: address.digest,
    address_erased: null,
    words_salt: words.salt,
    words_digest: words.digest,
    words_erased: null,
  };
  return { ...seal, mac: linkOf(key, before, row, seal) };
}

/** The link that belongs to a row, whatever stands in its seal. */
export function linkOf(
  key: SealKey,
  before: string,
  row: Sealed,
  seal: Pick<AuditSealRow, 'seq' | 'address_digest' | 'words_digest'>,
): string {
  const { id, event_id, container_id, action, user_id, actor_id, created_at } = row;
  const open = [id, event_id, container_id, action, user_id, actor_id, created_at, publicText(row.details)];
  return macOf(key.bytes, ['link', seal.seq, before, ...open, seal.address_digest, seal.words_digest]);
}

function digested(text: string, nothing: string): { salt: string | null; digest: string } {
  if (text === nothing) return { salt: null, digest: '' };
  const salt = randomBytes(16).toString('base64url');
  return { salt, digest: digestOf(salt, text) };
}

const digestOf = (salt: string, text: string) => createHmac('sha256', salt).update(text).digest('base64url');

type Personal = 'address' | 'words';

/** Stands where a salt was: only who has the key can say that something was erased. */
export function erasureOf(key: SealKey, what: Personal, seal: AuditSealRow): string {
  return macOf(key.bytes, ['erased', what, seal.seq, what === 'address' ? seal.address_digest : seal.words_digest]);
}

/** Whether what is personal is as it was, or was erased by the server. */
export function personalHolds(key: SealKey, what: Personal, row: Sealed, seal: AuditSealRow): boolean {
  const [text, nothing] = what === 'address' ? [row.address, ''] : [personalText(row.details), NO_WORDS];
  const [salt, digest, erased] =
    what === 'address'
      ? [seal.address_salt, seal.address_digest, seal.address_erased]
      : [seal.words_salt, seal.words_digest, seal.words_erased];
  if (digest === '') return text === nothing && salt === null && erased === null;
  if (salt !== null) return erased === null && digestOf(salt, text) === digest;
  return text === nothing && erased !== null && sameMac(erased, erasureOf(key, what, seal));
}

type Mark = Omit<AuditMarkRow, 'signature'>;
export function signatureOf(key: SealKey, { name, seq, mac, xid, audit_id, at }: Omit<Mark, 'key_id'>): string {
  return macOf(key.bytes, ['mark', name, seq, mac, xid, audit_id, at]);
}
export function signedMark(key: SealKey, mark: Omit<Mark, 'key_id'>): AuditMarkRow {
  return { ...mark, key_id: key.id, signature: signatureOf(key, mark) };
}

function macOf(key: Uint8Array, parts: readonly unknown[]): string {
  return createHmac('sha256', key).update(JSON.stringify(parts)).digest('base64url');
}

export function sameMac(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
