import { type Ctx, write } from '../../context.ts';
import { refuseFields } from '../../errors.ts';
import { createUser } from '../users/create.ts';
import { emailFault, usernameFault } from '../users/names.ts';
import { findAnyUser } from '../users/store.ts';
import { bootstrap } from './bootstrap.ts';
import { hashPassword } from './hashing.ts';
import { passwordFault } from './passwords.ts';

export interface NewAdmin {
  readonly username: string;
  readonly email: string;
  readonly password: string;
}

/**
 * Makes an account with the server role admin, for who holds the database. Where there is none yet it is the first one, which the
 * default rooms belong to. Raises what sign-up raises: 400 for the fields, 409 for a taken name.
 */
export async function createAdmin(ctx: Ctx, { username, email, password }: NewAdmin): Promise<void> {
  const first = !(await findAnyUser.first(ctx.db, {}));
  refuseFields({
    username: usernameFault(username, { first }),
    email: emailFault(email),
    password: passwordFault(password),
  });
  if (first && (await createFirst(ctx, { username, email, password }))) return;
  const passwordHash = await hashPassword(ctx, password);
  await write(ctx, 'admin.create', (inner) =>
    createUser(inner, { username, email, displayName: null, passwordHash, role: 'admin' }),
  );
}

/** False when another process was quicker. */
async function createFirst({ deps }: Ctx, { username, email, password }: NewAdmin): Promise<boolean> {
  const named = { ADMIN_USERNAME: username, ADMIN_EMAIL: email, ADMIN_PASSWORD: password };
  return (await bootstrap({ ...deps, config: { ...deps.config, ...named } })) !== undefined;
}
