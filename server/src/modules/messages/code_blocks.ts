/**
 * The text without what Markdown shows as code: fenced blocks (``` and ~~~, up to the end when never closed) and
 * code spans (any number of backticks, closed by just as many in the same paragraph). A span leaves one backtick
 * behind, so that what stood on its two sides does not grow together. Blocks made by indentation stay: in a chat
 * they are far more often a slip than code. Linear in the length of the text, whatever it holds.
 */
export function withoutCode(text: string): string {
  if (!text.includes('`') && !text.includes('~~~')) return text;
  const kept: string[] = [];
  let fence: string | undefined;
  let paragraph = 0;
  for (let at = 0, next = 0; at < text.length; at = next) {
    next = lineEnd(text, at);
    const line = text.slice(at, next);
    if (fence !== undefined) {
      if (closesFence(line, fence)) fence = undefined;
      paragraph = next;
      continue;
    }
    fence = openedFence(line);
    if (fence === undefined && line.trim() !== '') continue;
    kept.push(withoutSpans(text.slice(paragraph, at)));
    paragraph = next;
  }
  kept.push(withoutSpans(text.slice(paragraph)));
  return kept.join('\n');
}

// A fence may stand in a quotation or a list. Its indentation is not judged: a list allows any.
const FENCE_OPENS = /^[ \t]*(?:>[ \t]*|(?:[-*+]|\d{1,9}[.)])[ \t]+)*(`{3,}|~{3,})([^\n]*)/;
const FENCE_CLOSES = /^[ \t>]*(`{3,}|~{3,})\s*$/;

function openedFence(line: string): string | undefined {
  const [, fence, info] = FENCE_OPENS.exec(line) ?? [];
  // ```like this``` is a span in one line, not a block.
  if (fence?.startsWith('`') && info?.includes('`')) return undefined;
  return fence;
}

function closesFence(line: string, fence: string): boolean {
  return FENCE_CLOSES.exec(line)?.[1]?.startsWith(fence) ?? false;
}

function lineEnd(text: string, from: number): number {
  const at = text.indexOf('\n', from);
  return at < 0 ? text.length : at + 1;
}

interface Run {
  start: number;
  length: number;
}

function withoutSpans(paragraph: string): string {
  const runs = backtickRuns(paragraph);
  if (runs.length < 2) return paragraph;
  const closer = closers(runs);
  let kept = '';
  let from = 0;
  for (let i = 0; i < runs.length; i++) {
    const { start, length } = runs[i] as Run;
    const escaped = isEscaped(paragraph, start) ? 1 : 0;
    const close = closer(i, length - escaped);
    if (close === undefined) continue;
    const end = runs[close] as Run;
    kept += `${paragraph.slice(from, start + escaped)}\``;
    from = end.start + end.length;
    i = close;
  }
  return kept + paragraph.slice(from);
}

function backtickRuns(text: string): Run[] {
  const runs: Run[] = [];
  for (let at = text.indexOf('`'); at >= 0; ) {
    let end = at + 1;
    while (text[end] === '`') end++;
    runs.push({ start: at, length: end - at });
    at = text.indexOf('`', end);
  }
  return runs;
}

/** Finds the first run of a given length after another, for positions asked in rising order; each is passed once. */
function closers(runs: Run[]): (after: number, length: number) => number | undefined {
  const byLength = new Map<number, { positions: number[]; next: number }>();
  for (const [i, { length }] of runs.entries()) {
    const same = byLength.get(length);
    if (same) same.positions.push(i);
    else byLength.set(length, { positions: [i], next: 0 });
  }
  return (after, length) => {
    const same = byLength.get(length);
    if (!same) return undefined;
    while ((same.positions[same.next] ?? Number.POSITIVE_INFINITY) <= after) same.next++;
    return same.positions[same.next];
  };
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0;
  while (text[at - 1 - backslashes] === '\\') backslashes++;
  return backslashes % 2 === 1;
}
