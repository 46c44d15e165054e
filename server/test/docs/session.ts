import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { freePort } from '../harness/free_port.ts';
import { startServer } from '../harness/server_process.ts';
import { type Block, type Document, root } from './markdown.ts';

const CLONE = ['package.json', 'node_modules', 'server'];

/** Languages whose blocks are run, one after another, in one shell. */
const run = new Set(['sh', 'bash', 'js']);

export const isRun = ({ language }: Block): boolean => run.has(language);
export const isAnswer = (block: Block | undefined): boolean => block?.words.includes('answer') ?? false;

/** Programs that a document's blocks need besides those of every system: `needs=sqlite3`. */
export function neededCommands({ blocks }: Document): string[] {
  const words = blocks.flatMap(({ words }) => words).filter((word) => word.startsWith('needs='));
  return [...new Set(words.map((word) => word.slice('needs='.length)))];
}

export const isInstalled = (command: string): boolean => spawnSync(command, ['--version']).error === undefined;

export interface Session {
  /** What the blocks wrote to standard output; the last one is where it broke, if it did. */
  readonly outputs: ReadonlyMap<Block, string>;
  readonly broken: { block: Block; output: string } | undefined;
  /** What the server wrote. */
  readonly log: string;
  /** What lies in the clone now and did not before. */
  readonly left: readonly string[];
  /** A text with the ports of this session in place of those that documents name. */
  readonly located: (text: string) => string;
}

/**
 * Runs every block of a document as its reader would: in order, in one shell, in a folder that looks like a clone, against a server
 * that has just started.
 */
export async function runDocument(document: Document): Promise<Session> {
  const directory = mkdtempSync(join(tmpdir(), 'veza-docs-'));
  for (const name of CLONE) symlinkSync(join(root, name), join(directory, name));
  const logFile = join(directory, 'server.log');
  const server = startServer({ directory, variables: variablesOf(document), logFile });
  try {
    const ran = await runBlocks(document, directory, new URL(await server.url).port);
    // With its last words, which may come after its last answer.
    await server.end('SIGTERM');
    const left = readdirSync(directory).filter((name) => !name.startsWith('.') && !CLONE.includes(name));
    return { ...ran, log: server.output(), left };
  } finally {
    await server.end('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  }
}

/** `<!-- server: NAME=value … -->`: the environment of the server that a document is about. */
function variablesOf({ text }: Document): Record<string, string> {
  const written = /^<!-- server: (.*) -->$/m.exec(text)?.[1] ?? '';
  const pairs = written.split(' ').filter((pair) => pair.includes('='));
  return Object.fromEntries(pairs.map((pair) => pair.split(/=(.*)/s, 2)));
}

async function runBlocks(document: Document, directory: string, port: string): Promise<Omit<Session, 'log' | 'left'>> {
  const results = join(directory, '.results');
  mkdirSync(results);
  const ports: Record<string, string> = { 8080: port, 8081: `${await freePort()}`, 8082: `${await freePort()}` };
  const located = (text: string) => text.replaceAll(/\b808[012]\b/g, (written) => ports[written] as string);
  const blocks = document.blocks.filter(isRun);
  const steps = blocks.map((block, i) => stepOf(document, block, i, results, located));
  writeFileSync(join(results, 'script'), `${PRELUDE}${steps.join('\n')}\n`);
  const succeeded = await shell(directory, results);
  const [failedAt, ...outputs] = [read(results, 'current'), ...blocks.map((_, i) => read(results, `${i}.out`))];
  const failed = Number(failedAt);
  const broken = { block: blocks[failed] as Block, output: read(results, `${failed}.err`) + outputs[failed] };
  return {
    outputs: new Map(blocks.map((block, i) => [block, outputs[i] as string])),
    broken: succeeded ? undefined : broken,
    located,
  };
}

// A refusal nobody expects fails its block: a reader would see it, but `curl` by itself does not tell the shell.
const PRELUDE = `set -euo pipefail
curl() { if [ -n "$REFUSED" ]; then command curl "$@"; else command curl --fail-with-body "$@"; fi; }
`;

function stepOf(
  document: Document,
  block: Block,
  i: number,
  results: string,
  located: (text: string) => string,
): string {
  // The line of a request comes after its answer; a person is slower than that.
  const pause = block.text.includes('server.log') ? 'sleep 1; ' : '';
  const begin = `${pause}echo ${i} > .results/current; REFUSED=${showsRefusal(document, block) ? 1 : ''}`;
  const redirect = `> .results/${i}.out 2> .results/${i}.err`;
  if (block.language !== 'js') return `${begin}\n{\n${located(block.text)}\n} ${redirect}`;
  writeFileSync(join(results, `${i}.js`), located(block.text));
  const file = block.words.find((word) => word.startsWith('file='))?.slice('file='.length);
  if (file) return `${begin}\ncp .results/${i}.js ${file}`;
  return `${begin}\ncp .results/${i}.js .block${i}.mjs\nnode .block${i}.mjs ${redirect}`;
}

/** A block that is there for a refusal: it says so, or its answer does. */
function showsRefusal(document: Document, block: Block): boolean {
  const next = document.blocks[document.blocks.indexOf(block) + 1];
  return block.words.includes('refused') || (isAnswer(next) && /"success": ?false/.test(next?.text ?? ''));
}

async function shell(directory: string, results: string): Promise<boolean> {
  const child = spawn('bash', [join(results, 'script')], {
    cwd: directory,
    env: { PATH: `${dirname(process.execPath)}:${process.env.PATH}`, HOME: directory, LANG: 'C.UTF-8' },
    stdio: ['ignore', 'ignore', 'inherit'],
    detached: true,
    timeout: 120_000,
  });
  await once(child, 'exit');
  try {
    // What a block has left running ends with its document.
    process.kill(-(child.pid as number), 'SIGKILL');
  } catch {
    // There was nothing.
  }
  return child.exitCode === 0;
}

function read(results: string, name: string): string {
  const path = join(results, name);
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}
