import { invalidField } from '../../errors.ts';

/** The emoji that Unicode recommends for general interchange: single ones, keycaps, flags, skin tones and all sequences. */
const RECOMMENDED = /^\p{RGI_Emoji}$/v;
const ASKED_FOR = /(?<=\p{Emoji})\ufe0f/gu;
/** What is drawn as text unless asked otherwise; a skin tone behind it asks already. */
const TEXT_BY_DEFAULT = /\p{Emoji}(?<!\p{Emoji_Presentation})(?!\p{Emoji_Modifier})/gu;

/**
 * The one form of an emoji: U+FE0F stands where the recommended form has it, whether it was written or not.
 * Undefined for anything else, also for an emoji that U+FE0E asks to be drawn as text.
 */
export function canonicalEmoji(text: string): string | undefined {
  const full = text.replace(ASKED_FOR, '').replace(TEXT_BY_DEFAULT, '$&\ufe0f');
  return RECOMMENDED.test(full) ? full : undefined;
}

/** The same of what a caller wrote; raises 400 for what is no emoji. */
export function emojiOf(written: string): string {
  const emoji = canonicalEmoji(written);
  if (emoji === undefined) throw invalidField('emoji', 'not_an_emoji');
  return emoji;
}
