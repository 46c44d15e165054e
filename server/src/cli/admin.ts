import { randomBytes } from 'node:crypto';
import { defineCommand } from 'citty';
import { requireDatabase } from '../app.ts';
import { ownCtx } from '../context.ts';
import { createAdmin } from '../modules/auth/admin_create.ts';
import { resetPassword } from '../modules/auth/password_reset.ts';
import { withServerParts } from './open.ts';
import type { Terminal } from './terminal.ts';

const password = {
  'password-stdin': {
    type: 'boolean',
    description: 'Read the password from standard input; otherwise one is made and shown once.',
  },
} as const;

export const adminCreate = (terminal: Terminal) =>
  defineCommand({
    meta: { name: 'admin create', description: 'Make an account with the server role admin' },
    args: {
      username: { type: 'positional', description: 'Its user name.', required: true },
      email: { type: 'string', description: 'Its e-mail address.', valueHint: 'address', required: true },
      ...password,
    },
    run: ({ args: { username, email, ...rest } }) =>
      withServerParts(terminal, async ({ deps }) => {
        const chosen = await passwordOf(terminal, rest['password-stdin']);
        await createAdmin(ownCtx(deps, 'veza'), { username, email, password: chosen.text });
        terminal.print(`Admin     ${username}`);
        for (const line of chosen.shown) terminal.print(line);
      }),
  });

export const adminResetPassword = (terminal: Terminal) =>
  defineCommand({
    meta: { name: 'admin reset-password', description: 'Give an account another password and end its sessions' },
    args: {
      account: { type: 'positional', description: 'User name or e-mail.', required: true },
      ...password,
    },
    run: ({ args: { account, ...rest } }) =>
      withServerParts(
        terminal,
        async ({ deps }) => {
          const chosen = await passwordOf(terminal, rest['password-stdin']);
          const { ended, isSuspended } = await resetPassword(ownCtx(deps, 'veza'), account, chosen.text);
          terminal.print(`Account   ${account}`);
          for (const line of chosen.shown) terminal.print(line);
          terminal.print(`Sessions  ${ended} ended`);
          if (isSuspended)
            terminal.warn('veza: the account is suspended, and cannot sign in until an admin restores it.');
        },
        requireDatabase,
      ),
  });

/** One that is given, without its last line break, or one that is made. */
async function passwordOf(
  terminal: Terminal,
  isGiven: boolean | undefined,
): Promise<{ text: string; shown: string[] }> {
  if (isGiven) return { text: (await terminal.readInput()).replace(/\r?\n$/, ''), shown: [] };
  const text = randomBytes(15).toString('hex');
  return { text, shown: [`Password  ${text}   (shown this once and kept nowhere)`] };
}
