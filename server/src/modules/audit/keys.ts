import type { Config } from '../../config.ts';
import type { Database } from '../../db/database.ts';
import { findSetting } from '../auth/store.ts';
import { type SealKey, sealKeyOf } from './seal.ts';

/**
 * The key the log is sealed with, and, when SECRET_KEY was given later, the one that was made before it. What the database keeps is no
 * secret from who can write it: give SECRET_KEY where that matters.
 */
export async function auditKeys(db: Pick<Database, 'reader'>, config: Config): Promise<SealKey[]> {
  const kept = (await findSetting.first(db.reader, { key: 'secret_key' }))?.value;
  const secrets = [config.SECRET_KEY, kept].filter((secret) => secret !== undefined);
  return [...new Set(secrets)].map((secret) => sealKeyOf(new TextEncoder().encode(secret)));
}
