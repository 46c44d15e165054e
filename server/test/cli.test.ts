import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, describe, it } from 'node:test';
import SqliteConnection from 'better-sqlite3';
import { createApp } from '../src/app.ts';
import { runVeza } from '../src/cli/run.ts';
import type { Terminal } from '../src/cli/terminal.ts';
import { readConfig } from '../src/config.ts';
import { ownCtx } from '../src/context.ts';
import { AppError } from '../src/errors.ts';
import { createAdmin } from '../src/modules/auth/admin_create.ts';
import { resetPassword } from '../src/modules/auth/password_reset.ts';
import { engines } from './engines.ts';
import { createTestApp } from './harness/app.ts';
import { person } from './harness/people.ts';
import { startServer } from './harness/server_process.ts';

const root = join(import.meta.dirname, '../..');
const command = join(root, 'server/src/cli.ts');
/** Shared with the servers of other tests. */
const NODE_COMPILE_CACHE = join(root, 'node_modules/.cache/compile');

/** `veza`, as people run it: a process of its own. */
async function veza(directory: string, args: readonly string[], input = '', variables: Record<string, string> = {}) {
  const child = spawn(process.execPath, [command, ...args], {
    cwd: directory,
    env: { PATH: process.env.PATH, NODE_COMPILE_CACHE, ...variables },
  });
  child.stdin.on('error', () => {}).end(input);
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: child.exitCode, out, err };
}

const given = '--password-stdin';

describe('the command veza', () => {
  const directory = mkdtempSync(join(tmpdir(), 'veza-cli-'));
  after(() => rmSync(directory, { recursive: true }));
  const variables = {
    DATA_DIR: join(directory, 'data'),
    LOG_LEVEL: 'silent',
    RATE_LIMITS: 'off',
    MIN_FREE_DISK_BYTES: '0',
  };
  /** Looks at the data as a server does that starts on them now. */
  const inServer = async <T>(look: (app: Awaited<ReturnType<typeof createApp>>) => Promise<T>): Promise<T> => {
    const app = await createApp(readConfig(variables));
    return look(app).finally(app.close);
  };
  const signIn = (username: string, password: string, status: number) =>
    inServer((app) => person(app, undefined).post('/auth/login', { username, password }, status));

  it('says all it can in one look, and what a command takes', async () => {
    const { code, out } = await veza(directory, []);
    assert.equal(code, 0);
    for (const name of [
      'start',
      'admin create USERNAME',
      'admin reset-password ACCOUNT',
      'audit verify',
      'migrate',
      'listen',
    ])
      assert.match(out, new RegExp(`^ {2}${name} +\\S`, 'm'));
    assert.ok(out.split('\n').length <= 20, 'it fits on a screen');
    assert.equal((await veza(directory, ['--help'])).out, out);
    const help = await veza(directory, ['admin', 'create', '--help']);
    assert.match(help.out, /--email=<address>/);
    assert.ok(!help.out.includes('\u001b'));
    assert.match((await veza(directory, ['--version'])).out, /^\d+\.\d+\.\d+\n$/);
  });

  it('says that there is no database, and makes none, where an account is to be there', async () => {
    const reset = await veza(directory, ['admin', 'reset-password', 'admin'], '', variables);
    assert.deepEqual([reset.code, reset.out], [69, '']);
    assert.match(reset.err, /There is no database at .*veza\.db: set DATA_DIR/);
    assert.ok(!existsSync(variables.DATA_DIR));
  });

  it('makes the first admin with the default rooms where no server was before, and another', async () => {
    const first = await veza(directory, ['admin', 'create', 'admin', '--email', 'admin@example.com'], '', variables);
    assert.deepEqual([first.code, first.err], [0, '']);
    const [, password = ''] = /^Password {2}(\S+) /m.exec(first.out) ?? [];
    const second = await veza(
      directory,
      ['admin', 'create', 'grace', '--email=grace@example.com', given],
      'long enough\n',
      variables,
    );
    assert.deepEqual([second.code, second.out], [0, 'Admin     grace\n']);
    await inServer(async (app) => {
      const stranger = person(app, undefined);
      const admin = person(app, await stranger.post('/auth/login', { username: 'admin', password }, 200));
      assert.equal(admin.id, 1);
      assert.equal((await admin.get('/rooms/1', 200)).owner_id, 1);
      const grace = person(
        app,
        await stranger.post('/auth/login', { username: 'grace', password: 'long enough' }, 200),
      );
      const { logs } = await grace.get(`/admin/audit?action=user_created&user_id=${grace.id}`, 200);
      assert.deepEqual([logs[0].details, logs[0].ip_address], [{ role: 'admin' }, null]);
    });
  });

  it('resets a password by name or e-mail, which ends all sessions and is audited', async () => {
    const session = await signIn('grace', 'long enough', 200);
    const reset = await veza(directory, ['admin', 'reset-password', 'GRACE@example.com'], '', variables);
    assert.deepEqual([reset.code, reset.err], [0, '']);
    const [, password = ''] = /^Password {2}(\S+) /m.exec(reset.out) ?? [];
    assert.match(reset.out, /^Sessions {2}2 ended$/m);
    await signIn('grace', 'long enough', 401);
    await inServer(async (app) => {
      await person(app, session).get('/users/me', 401);
      const stranger = person(app, undefined);
      await stranger.post('/auth/refresh', { refresh_token: session.refresh_token }, 401);
      const grace = person(app, await stranger.post('/auth/login', { username: 'grace', password }, 200));
      const { logs } = await grace.get('/admin/audit?action=password_changed', 200);
      assert.deepEqual([logs[0].user_id, logs[0].actor_id, logs[0].details], [grace.id, null, { reset: true }]);
    });
  });

  const wrong: readonly (readonly [code: number, says: RegExp, args: readonly string[], input?: string])[] = [
    [64, /no command `admn`/, ['admn']],
    [64, /no command `admin`/, ['admin']],
    [64, /no command `audit verfy`/, ['audit', 'verfy']],
    [64, /USERNAME/, ['admin', 'create']],
    [64, /email/, ['admin', 'create', 'zoe']],
    [64, /no option `--emial`/, ['admin', 'create', 'zoe', '--emial', 'zoe@example.com']],
    [64, /no option `-x`/, ['audit', 'verify', '-x']],
    [64, /`more` is one argument too many/, ['admin', 'create', 'zoe', 'more', '--email', 'zoe@example.com']],
    [64, /no option `--__proto__`/, ['audit', 'verify', '--__proto__']],
    [65, /username is refused: taken/, ['admin', 'create', 'Grace', '--email', 'other@example.com']],
    [65, /email is refused: taken/, ['admin', 'create', 'zoe', '--email', 'GRACE@example.com']],
    [65, /username is refused/, ['admin', 'create', 'z', '--email', 'zoe@example.com']],
    [65, /username is refused/, ['admin', 'create', 'z\u202eoe', '--email', 'zoe@example.com']],
    [65, /username is refused/, ['admin', 'create', 'root', '--email', 'zoe@example.com']],
    [65, /email is refused/, ['admin', 'create', 'zoe', '--email', 'nowhere']],
    [
      65,
      /password is refused: too_short/,
      ['admin', 'create', 'zoe', '--email', 'zoe@example.com', given],
      '1234567\n',
    ],
    [65, /password is refused: too_short/, ['admin', 'reset-password', 'grace', given], ''],
    [65, /password is refused: too_long/, ['admin', 'reset-password', 'grace', given], 'x'.repeat(257)],
    [67, /nobody of that name/, ['admin', 'reset-password', 'nobody']],
    [67, /nobody of that name/, ['admin', 'reset-password', "' or 1=1 --"]],
  ];
  for (const [code, says, args, input] of wrong) {
    it(`refuses \`veza ${args.join(' ')}\` with ${code}, and says why`, async () => {
      const refused = await veza(directory, args, input, variables);
      assert.deepEqual([refused.code, refused.out], [code, '']);
      assert.match(refused.err, says);
      assert.doesNotMatch(refused.err, /\n\s+at /, 'no stack');
    });
  }

  it('says which settings are wrong, and where there is no database', async () => {
    const faulty = await veza(directory, ['audit', 'verify'], '', { ...variables, PORT: 'x', LOG_LEVEL: 'loud' });
    assert.equal(faulty.code, 78);
    assert.match(faulty.err, /^configuration: PORT .*\nconfiguration: LOG_LEVEL /);
    const empty = await veza(directory, ['audit', 'verify'], '', {
      ...variables,
      DATA_DIR: join(directory, 'nothing'),
    });
    assert.equal(empty.code, 69);
    assert.match(empty.err, /There is no database at .*nothing.*veza\.db/);
  });

  it('proves the audit log, and says at which row it was altered', async () => {
    const clean = await veza(directory, ['audit', 'verify'], '', variables);
    assert.deepEqual([clean.code, clean.err], [0, '']);
    assert.match(clean.out, /^\d+ rows are sealed; the last is row \d+\.\nNothing is wrong\.\n$/);
    const alter = (by: number) => {
      const connection = new SqliteConnection(join(variables.DATA_DIR, 'veza.db'));
      connection.exec(`update audit_log set actor_id = actor_id + ${by} where id = 3`);
      connection.close();
    };
    alter(1);
    const altered = await veza(directory, ['audit', 'verify'], '', variables);
    assert.equal(altered.code, 65);
    assert.match(altered.err, /^veza: row 3 was altered/);
    alter(-1);
    assert.equal((await veza(directory, ['audit', 'verify'], '', variables)).code, 0);
  });

  it('says that a server runs, and what works meanwhile', async () => {
    const server = startServer({ directory, variables });
    await server.url;
    const create = ['admin', 'create', 'zoe', '--email', 'zoe@example.com'];
    for (const args of [create, ['admin', 'reset-password', 'grace']]) {
      const refused = await veza(directory, args, '', variables);
      assert.deepEqual([refused.code, refused.out], [75, '']);
      assert.match(
        refused.err,
        /a server runs on this data directory.*\n.*`veza audit verify` and `veza listen` work;/,
      );
    }
    const proved = await veza(directory, ['audit', 'verify'], '', variables);
    assert.deepEqual([proved.code, proved.err], [0, '']);
    await server.end('SIGTERM');
    const made = await veza(directory, create, '', variables);
    assert.deepEqual([made.code, made.err], [0, '']);
  });

  it('starts the server, which ends as one does that npm has started', async () => {
    const child = spawn(process.execPath, [command, 'start'], {
      cwd: directory,
      env: { PATH: process.env.PATH, NODE_COMPILE_CACHE, ...variables, PORT: '0' },
    });
    let out = '';
    await new Promise<void>((resolve) => {
      child.stdout.on('data', (chunk) => {
        out += chunk;
        if (out.includes('Data ')) resolve();
      });
    });
    const [, url = ''] = /API +(http\S+)\/api\/v1/.exec(out) ?? [];
    assert.equal((await fetch(`${url}/healthz`)).status, 200);
    child.kill('SIGTERM');
    await once(child, 'exit');
    assert.equal(child.exitCode, 0);
  });

  it('tells what it could not foresee apart from what was asked wrongly', async () => {
    const said: string[] = [];
    const terminal: Terminal = {
      environment: {},
      print: () => {},
      warn: (line) => void said.push(line),
      progress: () => {},
      readInput: async () => '',
      interrupted: () => AbortSignal.abort(),
      start: () => Promise.reject(new Error('out of the blue')),
    };
    assert.equal(await runVeza(['start'], terminal), 70);
    assert.match(said.join('\n'), /out of the blue/);
  });
});

for (const engine of engines) {
  describe(`what the command does to accounts (${engine})`, async () => {
    const app = await createTestApp(engine);
    after(app.close);
    const ctx = ownCtx(app.deps, 'test');
    const grace = { username: 'grace', email: 'grace@example.com', password: 'long enough' };

    it('makes an admin, who is in the default rooms as everybody is, once', async () => {
      await createAdmin(ctx, grace);
      const signedIn = await app.login('grace', grace.password);
      assert.equal((await signedIn.get('/users/me', 200)).role, 'admin');
      assert.equal((await signedIn.get('/rooms?filter=joined', 200)).total, 1);
      await app.unchanged(() => assert.rejects(createAdmin(ctx, { ...grace, email: 'other@example.com' }), AppError));
      await app.unchanged(() => assert.rejects(createAdmin(ctx, { ...grace, username: 'admin' }), AppError));
    });

    it('gives another password: every session ends at once, and nobody else notices', async () => {
      const [one, two] = [await app.login('grace', grace.password), await app.login('grace', grace.password)];
      const { ended, isSuspended } = await resetPassword(ctx, 'Grace', 'another one');
      assert.deepEqual([ended, isSuspended], [3, false]);
      for (const session of [one, two]) await session.get('/users/me', 401);
      await app.admin.get('/users/me', 200);
      await app.stranger.post('/auth/login', { username: 'grace', password: grace.password }, 401);
      const again = await app.login('grace', 'another one');
      await app.admin.patch(`/admin/users/${again.id}`, { suspended: true }, 200);
      assert.equal((await resetPassword(ctx, grace.email, 'a third one')).isSuspended, true);
      await app.stranger.post('/auth/login', { username: 'grace', password: 'a third one' }, 401);
      for (const [login, password] of [
        ['nobody', 'long enough'],
        ['grace', 'short'],
        ['\u202e', 'long enough'],
      ] as const)
        await app.unchanged(() => assert.rejects(resetPassword(ctx, login, password), AppError));
    });
  });
}
