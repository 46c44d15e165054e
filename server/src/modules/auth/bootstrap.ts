import { randomBytes, randomUUID } from 'node:crypto';
import { type Config, ConfigError } from '../../config.ts';
import { type Ctx, type Deps, emit, lockContainers, lockStreams, nobody, type WriteCtx, write } from '../../context.ts';
import { cleanName, foldForSearch, nameFault } from '../../text.ts';
import { insertMembers } from '../users/auto_join_store.ts';
import { actorOf, createUser } from '../users/create.ts';
import { emailFault, usernameFault } from '../users/names.ts';
import { findAnyUser } from '../users/store.ts';
import { insertContainer, insertRoom } from './bootstrap_store.ts';
import { hashPassword } from './hashing.ts';
import { passwordFault } from './passwords.ts';

export interface FirstStart {
  readonly adminUsername: string;
  /** Shown once and kept nowhere; absent when ADMIN_PASSWORD was given. */
  readonly oneTimePassword?: string;
}

const MAX_ROOM_NAME = 100;

/** On a database without users: the first admin and the default rooms. Of two nodes that start at once, one does it. */
export async function bootstrap(deps: Deps): Promise<FirstStart | undefined> {
  if (await findAnyUser.first(deps.db.reader, {})) return undefined;
  const { config } = deps;
  refuseFaults(config);
  const oneTimePassword = config.ADMIN_PASSWORD === undefined ? randomBytes(15).toString('hex') : undefined;
  const ctx = firstCtx(deps);
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
  for (const name of rooms) await createDefaultRoom({ ...ctx, actor: actorOf(admin) }, cleanName(name));
  return true;
}

async function createDefaultRoom(ctx: WriteCtx, name: string): Promise<void> {
  const ownerId = ctx.actor.userId;
  const { id } = (await insertContainer.first(ctx.db, { uuid: randomUUID(), now: ctx.now })) as { id: number };
  // Nobody else can have written to the stream of what is not there yet.
  await lockContainers(ctx, [id]);
  const { DEFAULT_ROOM_MEMBERS: max_members } = ctx.deps.config;
  const folded = foldForSearch(name);
  await insertRoom.run(ctx.db, { id, name, name_folded: folded, owner_id: ownerId, max_members, now: ctx.now });
  const nothingRead = { last_read_seq: 0, skipped_count: 0, mention_count: 0, has_blocked: 0, last_sent_at: 0 };
  const membership = { container_id: id, user_id: ownerId, role: 'owner', joined_at: ctx.now };
  await insertMembers(ctx.db, [{ ...membership, ...nothingRead }]);
  await emit(ctx, { type: 'room_created', containerId: id, version: 1, audit: { userId: ownerId } });
}

function firstCtx(deps: Deps): Ctx {
  const request = { id: 'bootstrap', address: '', userAgent: '', representation: false };
  const absent = { auditReason: undefined, idempotency: undefined };
  return { deps, actor: nobody, request: { ...request, ...absent }, now: deps.now(), db: deps.db.reader };
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
