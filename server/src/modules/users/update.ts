import { allow } from '../../access.ts';
import { type Answer, ok } from '../../answer.ts';
import { type Ctx, emit, lockStreams, type WriteCtx, write } from '../../context.ts';
import { AppError, rateLimited } from '../../errors.ts';
import { cleanName } from '../../text.ts';
import { takenBy } from './create.ts';
import { emailKey, nameKey } from './names.ts';
import { presentWithEmail } from './present.ts';
import type { ProfileChange } from './schema.ts';
import { findUser, type User, updateProfile } from './store.ts';
import { storeWords } from './words.ts';

const RENAME_EVERY_MS = 10 * 60_000;
const fields = ['username', 'email', 'display_name', 'avatar_url', 'status_message'] as const;
type Profile = Pick<User, (typeof fields)[number]>;

/** Changes one's own profile: absent fields stay, `null` clears. */
export function updateMe(ctx: Ctx, change: ProfileChange): Promise<Answer> {
  return write(ctx, 'user.update', async (ctx) => {
    await lockStreams(ctx, { server: true });
    allow(ctx, 'user.update_self');
    const user = await findUser.first(ctx.db, { id: ctx.actor.userId });
    if (!user) throw new AppError('INVALID_TOKEN');
    const next = merged(user, change);
    const changed = fields.filter((field) => next[field] !== user[field]);
    if (changed.length > 0) await store(ctx, user, next, changed);
    return ok(presentWithEmail(ctx, (await findUser.first(ctx.db, { id: user.id })) as User));
  });
}

function merged(user: User, change: ProfileChange): Profile {
  const { username, email, display_name, avatar_url, status_message } = { ...user, ...change };
  return {
    username,
    email: emailKey(email),
    display_name: display_name === null ? null : cleanName(display_name),
    avatar_url,
    status_message,
  };
}

async function store(ctx: WriteCtx, user: User, next: Profile, changed: readonly string[]): Promise<void> {
  const renamed = changed.includes('username');
  if (renamed) refuseHaste(user, ctx.now);
  const username_key = nameKey(next.username);
  const taken = await takenBy(ctx, { username_key, email_key: next.email }, user.id);
  if (taken) throw taken;
  const renamed_at = renamed ? ctx.now : user.renamed_at;
  await updateProfile.run(ctx.db, { ...next, id: user.id, username_key, renamed_at, updated_at: ctx.now });
  if (renamed || changed.includes('display_name')) await storeWords(ctx.db, { ...next, id: user.id });
  await emit(ctx, {
    type: 'user_updated',
    userId: user.id,
    version: user.version + 1,
    data: { renamed },
    audit: { userId: user.id, details: { changed } },
  });
}

function refuseHaste(user: User, now: number): void {
  const waitMs = (user.renamed_at ?? Number.NEGATIVE_INFINITY) + RENAME_EVERY_MS - now;
  if (waitMs > 0) throw rateLimited({ scope: 'rename', limit: 1, windowMs: RENAME_EVERY_MS, retryAfterMs: waitMs });
}
