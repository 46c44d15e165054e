import { codePoints, hasTooManyMarks } from '../../text.ts';

/** What is wrong with a text or its metadata: an error code and a reason for machines. */
export interface ContentFault {
  code: 'MESSAGE_TOO_LONG' | 'VALIDATION_FAILED';
  reason: 'too_long' | 'forbidden_characters' | 'too_many_combining_marks' | 'empty';
  max_length?: number;
  actual_length?: number;
}

/**
 * Judges the text of a message as it was sent; the text is stored unchanged, so nothing is normalised here.
 *
 * `maxCodePoints` counts Unicode code points (2 000 by default). The emptiness of a text
 * (no character, or white space alone) is looked at last: whoever allows empty texts, because files hang on the
 * message, may ignore the reason `empty` and knows that nothing else is wrong.
 */
export function contentFault(content: string, maxCodePoints: number): ContentFault | undefined {
  // A code point is one or two code units, so only texts with more units than allowed have to be counted.
  if (content.length > maxCodePoints) {
    const actual = codePoints(content);
    if (actual > maxCodePoints) {
      return { code: 'MESSAGE_TOO_LONG', reason: 'too_long', max_length: maxCodePoints, actual_length: actual };
    }
  }
  if (content.includes('\u0000') || !content.isWellFormed()) return invalid('forbidden_characters');
  if (hasTooManyMarks(content)) return invalid('too_many_combining_marks');
  if (content.trim() === '') return invalid('empty');
  return undefined;
}

function invalid(reason: ContentFault['reason']): ContentFault {
  return { code: 'VALIDATION_FAILED', reason };
}
