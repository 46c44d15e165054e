import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { lstatSync, mkdirSync, readdirSync, readlinkSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { json } from 'node:stream/consumers';

/** A root of one's own around a program, made by bubblewrap, in which this system's programs and libraries are as well. */
export interface Sandbox {
  readonly bwrap: string;
  /** The folder that is `/` there. */
  readonly root: string;
  readonly directory: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Folders here, by where they are there; they can be written. */
  readonly mounts?: Readonly<Record<string, string>>;
  /** Numbers of user and group, who get no rights besides and a root that is read-only; otherwise it is root. */
  readonly user?: string | undefined;
}

/** What each sandbox has for itself, and what an image may have in its root. */
const notOfSystem = new Set(['proc', 'dev', 'sys', 'tmp', 'app', 'data']);

/** Whether bubblewrap may do here what it does: in some containers it may not. */
export const canSandbox = (bwrap: string): boolean =>
  spawnSync(bwrap, ['--unshare-pid', '--ro-bind', '/', '/', '--proc', '/proc', 'true']).status === 0;

/** Puts into a folder what a root needs for this system to be mounted into it. */
export function prepareRoot(root: string): void {
  mkdirSync(root, { mode: 0o755 });
  for (const name of ['proc', 'dev', 'tmp', ...systemFolders()]) mkdirSync(join(root, name));
  for (const name of ofSystem((path) => lstatSync(path).isSymbolicLink()))
    symlinkSync(readlinkSync(join('/', name)), join(root, name));
}

const ofSystem = (fits: (path: string) => boolean) =>
  readdirSync('/').filter((name) => !notOfSystem.has(name) && fits(join('/', name)));
const systemFolders = () => ofSystem((path) => lstatSync(path).isDirectory());

function argumentsOf({ root, directory, mounts = {}, user }: Sandbox): string[] {
  const [uid, gid] = user?.split(':') ?? [];
  return [
    ...['--bind', root, '/', '--proc', '/proc', '--dev', '/dev', '--perms', '1777', '--tmpfs', '/tmp'],
    ...systemFolders().flatMap((name) => ['--ro-bind', `/${name}`, `/${name}`]),
    ...(user ? ['--remount-ro', '/'] : []),
    ...Object.entries(mounts).flatMap(([there, here]) => ['--bind', here, there]),
    ...['--chdir', directory, '--die-with-parent', '--unshare-pid', '--unshare-ipc', '--as-pid-1'],
    // Root becomes the user, for which it needs these two and nothing else.
    ...(user ? ['--cap-drop', 'ALL', '--cap-add', 'CAP_SETUID', '--cap-add', 'CAP_SETGID'] : ['--cap-add', 'ALL']),
    ...(user ? ['--', 'setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--no-new-privs'] : []),
    '--',
  ];
}

/** Runs it to its end, and says what it wrote. */
export function runIn(sandbox: Sandbox, command: readonly string[]): { status: number | null; output: string } {
  const args = [...argumentsOf(sandbox), ...command];
  const { status, stdout, stderr } = spawnSync(sandbox.bwrap, args, { env: sandbox.variables, encoding: 'utf8' });
  return { status, output: stdout + stderr };
}

/** Starts it as the first process of its sandbox; `pid` is what it is called out here. */
export async function startIn(
  sandbox: Sandbox,
  command: readonly string[],
): Promise<{ child: ChildProcess; pid: number }> {
  const args = ['--info-fd', '3', ...argumentsOf(sandbox), ...command];
  const child = spawn(sandbox.bwrap, args, { env: sandbox.variables, stdio: ['ignore', 'pipe', 'pipe', 'pipe'] });
  const info = (await json(child.stdio[3] as Readable)) as { 'child-pid': number };
  return { child, pid: info['child-pid'] };
}
