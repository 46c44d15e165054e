/** Combining marks in a row that a text may hold. More is "zalgo", which climbs over its neighbours. */
const MAX_COMBINING_MARKS = 20;

/** Code points in a text; a surrogate without its partner counts as one, as iteration has it. */
export function codePoints(text: string): number {
  let count = text.length;
  for (let i = 1; i < text.length; i++) {
    if ((text.charCodeAt(i) & 0xfc00) !== 0xdc00 || (text.charCodeAt(i - 1) & 0xfc00) !== 0xd800) continue;
    count--;
    i++; // a low surrogate belongs to one high one only; the next unit starts anew
  }
  return count;
}

/** Whether a text has more code points than allowed; counts only when its length leaves a doubt. */
export function isLongerThan(text: string, maxCodePoints: number): boolean {
  // A code point is one or two code units.
  if (text.length <= maxCodePoints) return false;
  return text.length > 2 * maxCodePoints || codePoints(text) > maxCodePoints;
}

// Every combining mark is at or above U+0300, so plain Latin text never pays for the property lookup.
const FIRST_COMBINING_MARK = /[\u0300-\uffff]/;
const MARKS_IN_A_ROW = new RegExp(`\\p{M}{${MAX_COMBINING_MARKS + 1}}`, 'u');

/** Whether more than 20 combining marks follow each other. */
export function hasTooManyMarks(text: string): boolean {
  if (text.length <= MAX_COMBINING_MARKS || !FIRST_COMBINING_MARK.test(text)) return false;
  return MARKS_IN_A_ROW.test(text);
}

const CONTROL = /\p{Cc}/u;
const CONTROL_IN_LINES = /(?![\t\n\r])\p{Cc}/u;

/** Whether a text of several lines (a topic, a description) holds U+0000, a lone surrogate or a control character
 * other than tab and line end. */
export function hasForbiddenText(text: string): boolean {
  return !text.isWellFormed() || CONTROL_IN_LINES.test(text);
}

/** What is wrong with a text of several lines. */
export function linesFault(text: string, maxCodePoints: number) {
  if (isLongerThan(text, maxCodePoints)) return { reason: 'too_long', max_length: maxCodePoints };
  if (hasForbiddenText(text)) return { reason: 'forbidden_characters' };
  return hasTooManyMarks(text) ? { reason: 'too_many_combining_marks' } : undefined;
}

/** A name as it is stored: in Unicode form NFC, without white space at its ends. Judge the result by `nameFault`. */
export function cleanName(name: string): string {
  return name.normalize('NFC').trim();
}

/** What is wrong with a name, as a reason for machines. */
export type NameFault = 'empty' | 'too_long' | 'forbidden_characters' | 'too_many_combining_marks';

// They end lines or turn the text that follows a name around (embeddings, overrides, isolates).
const BREAKS_LINES = /[\u2028\u2029\u202a-\u202e\u2066-\u2069]/;
const VISIBLE = /[^\s\p{Default_Ignorable_Code_Point}\p{Cf}\p{M}\u2800]/u;

/**
 * Judges a name of one line, in any script, after `cleanName`. One that would show nothing (zero-width characters,
 * fillers, marks without a letter) counts as empty.
 */
export function nameFault(name: string, maxCodePoints: number): NameFault | undefined {
  if (isLongerThan(name, maxCodePoints)) return 'too_long';
  if (!name.isWellFormed() || CONTROL.test(name) || BREAKS_LINES.test(name)) return 'forbidden_characters';
  if (hasTooManyMarks(name)) return 'too_many_combining_marks';
  return VISIBLE.test(name) ? undefined : 'empty';
}

// Accents, vowel points and tone marks: what people leave out when they search. The vowel signs of Indic scripts and
// the voicing marks of Japanese are letters to their readers and stay; so does U+0345, the small form of an iota.
const LEFT_OUT = new RegExp(
  [
    '[\\p{Default_Ignorable_Code_Point}\\u0300-\\u0344\\u0346-\\u036f\\u0483-\\u0487\\u0591-\\u05c7\\u0610-\\u061a',
    '\\u064b-\\u065f\\u0670\\u06d6-\\u06ed\\u1ab0-\\u1aff\\u1dc0-\\u1dff\\u20d0-\\u20ff\\ufe20-\\ufe2f]',
  ].join(''),
  'gu',
);
// Letters that Unicode does not take apart, but people do.
const TAKEN_APART: Record<string, string> = {
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ħ: 'h',
  ς: 'σ',
};
const TO_TAKE_APART = /[æœøłđðþħς]/g;
const PLAIN = /^[ -~]*$/;

/** The form in which names are compared: without accents, case, compatibility forms (`ﬁ`, full width) and runs of
 * white space. `Straße`, `STRASSE` and ` strasse ` are one. Apply it to the name when stored and to the question. */
export function foldForSearch(text: string): string {
  if (PLAIN.test(text)) return collapse(text.toLowerCase());
  const bare = text.normalize('NFKD').replace(LEFT_OUT, '');
  // By way of upper case, which alone turns ß into ss and the dotless ı into i; ẞ needs to be ß before.
  const lower = bare.toLowerCase().toUpperCase().toLowerCase();
  const folded = lower.replace(TO_TAKE_APART, (letter) => TAKEN_APART[letter] ?? letter);
  return collapse(folded.normalize('NFKD').replace(LEFT_OUT, '').normalize('NFC'));
}

function collapse(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** A text that LIKE … ESCAPE '\' takes literally; the caller puts % where anything may stand. */
export function likePattern(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}
