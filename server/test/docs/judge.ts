import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { differences, fits } from './answers.ts';
import { type Block, type Document, root } from './markdown.ts';
import { isAnswer, isRun, type Session } from './session.ts';

/**
 * Languages of what is only shown here: other programs' files, what readers type with something of their own in it, and the Python client,
 * which python_client.test.ts runs.
 */
const isShown = new Set(['console', 'ini', 'nginx', 'python', 'sql', 'text']);

/** What is wrong with a document that has been run, a line each. */
export function sessionFaults(document: Document, session: Session): string[] {
  const at = (block: Block, fault: string) => `${document.path}:${block.line}: ${fault}`;
  if (session.broken) return [at(session.broken.block, `the block failed\n${session.broken.output}`)];
  return document.blocks.flatMap((block, i) =>
    [...sourceFaults(block), ...blockFaults(block, document.blocks[i - 1], session)].map((fault) => at(block, fault)),
  );
}

/** A block that shows a file, or a part of it, has its words: there is one of each truth. */
function sourceFaults({ words, text }: Block): string[] {
  const name = words.find((word) => word.startsWith('from='))?.slice('from='.length);
  if (name === undefined) return [];
  const path = join(root, name);
  if (!existsSync(path)) return [`${name} is not there`];
  return `\n${readFileSync(path, 'utf8')}`.includes(`\n${text}\n`) ? [] : [`${name} has other lines`];
}

function blockFaults(block: Block, before: Block | undefined, { outputs, log, located }: Session): string[] {
  const text = located(block.text);
  if (block.words.includes('banner')) return textFaults(text, bannerOf(log));
  if (isAnswer(block)) {
    const came = before && outputs.get(before)?.trimEnd();
    if (came === undefined) return ['the block before this answer is not run'];
    return block.language === 'json' ? jsonFaults(text, came) : textFaults(text, came);
  }
  if (block.language === 'json') return jsonFaults(text, text);
  return isRun(block) || isShown.has(block.language) ? [] : [`blocks in "${block.language}" are neither run nor shown`];
}

function jsonFaults(shown: string, came: string): string[] {
  try {
    return differences(JSON.parse(shown), JSON.parse(came));
  } catch (error) {
    return [`${(error as Error).message}\n${came}`];
  }
}

function textFaults(shown: string, came: string): string[] {
  const lines = shown.split('\n');
  const others = came.replaceAll('\r', '').split('\n');
  if (lines.length !== others.length) return [`there are ${others.length} lines, not ${lines.length}:\n${came}`];
  return lines.flatMap((line, i) =>
    fits(line, others[i] as string) ? [] : [`line ${i + 1} is ${JSON.stringify(others[i])}`],
  );
}

const bannerOf = (log: string) =>
  log
    .split('\n')
    .filter((line) => /^(Veza| {2}[A-Z])/.test(line))
    .join('\n');
