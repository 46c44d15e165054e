import { randomBytes } from 'node:crypto';
import type { Config } from '../../config.ts';
import type { Database } from '../../db/database.ts';
import { findSetting, insertSetting } from './store.ts';

export interface Secrets {
  /** Signs the access tokens. */
  readonly jwtSecret: Uint8Array<ArrayBuffer>;
  /** Key of what is derived or encrypted at rest. */
  readonly secretKey: Uint8Array<ArrayBuffer>;
}

/** The keys of the configuration; those it does not name are made once and kept in the database, so that all nodes share them. */
export async function loadSecrets(db: Database, config: Config): Promise<Secrets> {
  return {
    jwtSecret: bytesOf(config.JWT_SECRET ?? (await kept(db, 'jwt_secret'))),
    secretKey: bytesOf(config.SECRET_KEY ?? (await kept(db, 'secret_key'))),
  };
}

/** Of two nodes that start at once, the second finds what the first has kept. */
async function kept(db: Database, key: string): Promise<string> {
  const before = await findSetting.first(db.reader, { key });
  if (before) return before.value;
  const value = randomBytes(32).toString('base64url');
  const stored = await db.write('settings.keep', async (writer) => {
    await insertSetting.run(writer, { key, value });
    return findSetting.first(writer, { key });
  });
  return stored?.value ?? value;
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
