import { randomBytes } from 'node:crypto';
import { type Config, ConfigError } from '../../config.ts';
import { type Deps, lockStreams, ownCtx, type WriteCtx, write } from '../../context.ts';
import { cleanName, nameFault } from '../../text.ts';
import { createRoom } from '../rooms/create.ts';
import { MAX_ROOM_NAME } from '../rooms/schema.ts';
import { actorOf, createUser } from '../users/create.ts';
import { emailFault, usernameFault } from '../users/names.ts';
import { findAnyUser } from '../users/store.ts';
import { hashPassword } from './hashing.ts';
import { passwordFault } from './passwords.ts';

export interface FirstStart {
  readonly adminUsername: string;
  /** Shown once and kept nowhere; absent when ADMIN_PASSWORD was given. */
  readonly oneTimePassword?: string;
}

/** On a database without users: the first admin and the default rooms. Of two nodes that start at once, one does it. */
export async function bootstrap(deps: Deps): Promise<FirstStart | undefined> {
  if (await findAnyUser.first(deps.db.reader, {})) return undefined;
  const { config } = deps;
  refuseFaults(config);
  const oneTimePassword = config.ADMIN_PASSWORD === undefined ? randomBytes(15).toString('hex') : undefined;
  const ctx = ownCtx(deps, 'bootstrap');
  const passwordHash = await hashPassword(ctx, config.ADMIN_PASSWORD ?? (oneTimePassword as string));
  const done = await write(ctx, 'bootstrap', (ctx) => createFirst(ctx, passwordHash));
  if (!done) return undefined;
  return { adminUsername: config.ADMIN_USERNAME, ...(oneTimePassword === undefined ? {} : { oneTimePassword }) };
}

async function createFirst(ctx: WriteCtx, passwordHash: string): Promise<boolean> {
  await lockStreams(ctx, { server: true });
  if (await findAnyUser.first(ctx.db, {})) return false;
  const { ADMIN_USERNAME: username, ADMIN_EMAIL: email, DEFAULT_ROOMS: rooms } = ctx.deps.config;
  const admin = await createUser(ctx, { username, email, displayName: null, passwordHash, role: 'admin' });
  const asAdmin = { ...ctx, actor: actorOf(admin) };
  for (const name of rooms) await createRoom(asAdmin, { name, auto_join: true });
  return true;
}

/** Those that the configuration's schema cannot see; named by variable, all at once. */
function refuseFaults(config: Config): void {
  const { ADMIN_USERNAME, ADMIN_EMAIL, ADMIN_PASSWORD, DEFAULT_ROOMS } = config;
  const judged: [string, string | undefined][] = [
    ['ADMIN_USERNAME', usernameFault(ADMIN_USERNAME, { first: true })],
    ['ADMIN_EMAIL', emailFault(ADMIN_EMAIL)],
    ['ADMIN_PASSWORD', ADMIN_PASSWORD === undefined ? undefined : passwordFault(ADMIN_PASSWORD)],
    ...DEFAULT_ROOMS.map((name): [string, string | undefined] => [
      'DEFAULT_ROOMS',
      nameFault(cleanName(name), MAX_ROOM_NAME),
    ]),
  ];
  const faults = judged.flatMap(([name, reason]) => (reason === undefined ? [] : [`${name} is refused: ${reason}`]));
  if (faults.length > 0) throw new ConfigError(faults);
}
