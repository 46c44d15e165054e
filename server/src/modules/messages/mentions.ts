import { withoutCode } from './code_blocks.ts';

/** Different people that one message may mention; who comes after them is not mentioned. */
const MAX_MENTIONS = 50;

const MIN_NAME = 3;
const MAX_NAME = 50;
// As many as fifty mentions can have; a message of ordinary length never reaches it.
const MAX_CANDIDATES = MAX_MENTIONS * (MAX_NAME - MIN_NAME + 1);

/**
 * All names, in lower case and each once, that decide whom a text mentions: for `@jane_smith` both `jane_smith` and
 * `jane`. One query for them gives all that `resolveMentions` asks. At most 2 400.
 */
export function mentionCandidates(content: string): string[] {
  const names = new Set<string>();
  for (const run of mentionRuns(content)) {
    for (const name of possibleNames(run)) {
      if (names.size === MAX_CANDIDATES) return [...names];
      names.add(name);
    }
  }
  return [...names];
}

/**
 * The ids of those whom a text mentions, in the order of their first appearance, each once, at most 50.
 *
 * `@name` counts at the start or after a character that is no part of a word, but not in code, URLs and e-mail
 * addresses. The longest name that `lookup` (given lower case) knows wins. A name ends where the run of its
 * characters ends, or before one of its `-` and `_`: `@jane-` and `@jane_s` may mean jane, `@janet` never does.
 */
export function resolveMentions(content: string, lookup: (lowercaseName: string) => number | undefined): number[] {
  const ids = new Set<number>();
  for (const run of mentionRuns(content)) {
    const id = firstKnown(possibleNames(run), lookup);
    if (id !== undefined) ids.add(id);
    if (ids.size === MAX_MENTIONS) break;
  }
  return [...ids];
}

function firstKnown(names: string[], lookup: (name: string) => number | undefined): number | undefined {
  for (const name of names) {
    const id = lookup(name);
    if (id !== undefined) return id;
  }
  return undefined;
}

/** Longest first. */
function possibleNames(run: string): string[] {
  const names: string[] = [];
  for (let end = Math.min(run.length, MAX_NAME); end >= MIN_NAME; end--) {
    if (end === run.length || run[end] === '-' || run[end] === '_') names.push(run.slice(0, end));
  }
  return names;
}

// From the sign that makes it one (`://`, `www.`, or a domain before a slash) to the end. What stands before that
// sign holds no mention, and starting there keeps the search linear.
const URL_REST =
  /(?:[a-z0-9+.-]:\/\/|\bwww\.|\.[a-z]{2,24}(?::\d{1,5})?\/)[^\s<>"`\u3000-\u303f\uff00-\uff0f\uff1a-\uff20]*/gi;
const NAME_RUN = /[A-Za-z0-9_-]+/y;

/** The runs of name characters, in lower case, after each `@` that can be a mention. */
function mentionRuns(content: string): string[] {
  if (!content.includes('@')) return [];
  const text = withoutCode(content).replace(URL_REST, ' ');
  const runs: string[] = [];
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    NAME_RUN.lastIndex = at + 1;
    const run = NAME_RUN.exec(text)?.[0];
    if (run === undefined || run.length < MIN_NAME || !canStart(text, at, at + 1 + run.length)) continue;
    runs.push(run.toLowerCase());
  }
  return runs;
}

// Far enough for a base letter under its combining marks and for the end of an e-mail address's local part.
const LOOK_BACK = 48;
// Scripts written without spaces between words: there, nobody puts one before a mention either.
const UNSPACED = '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Hangul}\\p{Script=Thai}';
const AFTER_WORD = new RegExp(`(?![${UNSPACED}])[\\p{L}\\p{N}_]\\p{M}*$`, 'u');
const LOCAL_PART = /[\p{L}\p{N}_][\p{M}"'#$%&*+.=^{|}~-]*$/u;
const DOMAIN_REST = /\.[A-Za-z0-9-]{2}/y;

function canStart(text: string, at: number, end: number): boolean {
  if (at === 0) return true;
  const before = text.slice(Math.max(0, at - LOOK_BACK), at);
  if (/\s$/.test(before)) return true;
  if (AFTER_WORD.test(before)) return false;
  DOMAIN_REST.lastIndex = end;
  return !(DOMAIN_REST.test(text) && LOCAL_PART.test(before));
}
