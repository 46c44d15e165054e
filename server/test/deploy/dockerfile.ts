import { readFileSync } from 'node:fs';
import { join, matchesGlob } from 'node:path';
import { root } from '../docs/markdown.ts';

export interface Instruction {
  readonly name: string;
  /** `--from=build` as `from: 'build'`. */
  readonly flags: Readonly<Record<string, string>>;
  /** What follows, on one line. */
  readonly text: string;
}

export interface Stage {
  readonly base: string;
  readonly name: string | undefined;
  readonly instructions: readonly Instruction[];
}

/** As much of the language as deploy/Dockerfile uses. */
export function readDockerfile(path: string): Stage[] {
  const lines = readFileSync(join(root, path), 'utf8')
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n');
  const stages: { base: string; name: string | undefined; instructions: Instruction[] }[] = [];
  for (const instruction of lines.filter((line) => line.trim() !== '').map(parseInstruction)) {
    const [, base = '', name] = /^(\S+)(?: AS (\S+))?$/.exec(instruction.text) ?? [];
    if (instruction.name === 'FROM') stages.push({ base, name, instructions: [] });
    else stages.at(-1)?.instructions.push(instruction);
  }
  return stages;
}

function parseInstruction(line: string): Instruction {
  const [, name = '', written = '', text = ''] = /^([A-Z]+)((?:\s+--[\w-]+=\S+)*)\s+(.*)$/.exec(line) ?? [];
  const flags = [...written.matchAll(/--([\w-]+)=(\S+)/g)].map(([, flag = '', value = '']) => [flag, value]);
  return { name, flags: Object.fromEntries(flags), text: text.trim() };
}

/** `["node", "-e"]`: what is run without a shell. */
export function execForm({ text }: Instruction): string[] {
  const written = text.slice(text.indexOf('['));
  return JSON.parse(written);
}

/** `A=1 B="x y"`. */
export function pairsOf({ text }: Instruction): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(/([\w.]+)=(?:"([^"]*)"|(\S*))/g)].map(([, k, quoted, bare]) => [k, quoted ?? bare]),
  );
}

/** Whether a path of the clone is kept from the image; as Docker decides, the last pattern that fits does. */
export function isIgnored(path: string): boolean {
  let ignored = false;
  for (const line of readFileSync(join(root, '.dockerignore'), 'utf8').split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const pattern = line.replace(/^!/, '');
    const parts = path.split('/');
    const fits = parts.some((_, i) => matchesGlob(parts.slice(0, i + 1).join('/'), pattern));
    if (fits) ignored = !line.startsWith('!');
  }
  return ignored;
}
