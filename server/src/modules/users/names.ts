import { cleanName, hasForbiddenText, hasTooManyMarks, isLongerThan, type NameFault, nameFault } from '../../text.ts';

// Each function answers why a field is refused, as a reason for machines, or undefined when it is fine.

const MIN_USERNAME = 3;
const MAX_USERNAME = 50;
const USERNAME = /^[A-Za-z0-9_-]*$/;
// What a mention or a path would mean otherwise, and what would lend authority.
const RESERVED = new Set('admin system everyone here me deleted moderator root support veza'.split(' '));

export type UsernameFault = 'too_short' | 'too_long' | 'forbidden_characters' | 'reserved';

/** 3 to 50 of `A-Z a-z 0-9 _ -`, and not a reserved name in any case. Only the first account may be `admin`. */
export function usernameFault(name: string, options: { first?: boolean } = {}): UsernameFault | undefined {
  if (!USERNAME.test(name)) return 'forbidden_characters';
  if (name.length < MIN_USERNAME) return 'too_short';
  if (name.length > MAX_USERNAME) return 'too_long';
  const key = nameKey(name);
  if (key === 'admin' && options.first) return undefined;
  return RESERVED.has(key) ? 'reserved' : undefined;
}

/** Two user names are the same when their keys are. */
export function nameKey(name: string): string {
  return name.toLowerCase();
}

/** 1 to 100 characters in one line once cleaned; store what `cleanName` gives. */
export function displayNameFault(name: string): NameFault | undefined {
  return nameFault(cleanName(name), 100);
}

// RFC 5321, 4.5.3.1: a path of 256 octets less its brackets, a local part of 64, DNS labels of 63.
const MAX_EMAIL = 254;
const LOCAL = /^(?!.{65})[^.]+(?:\.[^.]+)*$/;
const DOMAIN = /^[^.]{1,63}(?:\.[^.]{1,63})*$/;
const NOT_IN_EMAIL = /[\s\p{C}\p{Z}<>(),;:\\"[\]]/u;

/**
 * Whether an address is plausible: one `@`, at most 254 characters, no empty labels, none of the characters that need
 * quoting. Whether mail arrives there is not ours to know; a domain without a dot is fine in one's own network.
 */
export function emailFault(email: string): 'too_long' | 'not_an_email' | undefined {
  const address = emailKey(email);
  if (address.length > MAX_EMAIL) return 'too_long';
  const [local = '', domain = '', ...more] = address.split('@');
  const plausible = more.length === 0 && LOCAL.test(local) && DOMAIN.test(domain) && !NOT_IN_EMAIL.test(address);
  return plausible ? undefined : 'not_an_email';
}

/** Two addresses are the same account's when their keys are; the key is also what is stored. */
export function emailKey(email: string): string {
  return email.normalize('NFC').trim().toLowerCase();
}

const MAX_URL = 2048;
const OWN_FILE = /^\/api\/v1\/files\/[A-Za-z0-9-]+(?:\/[a-z]+)?(?:\?[\w=&%.-]*)?$/;

/** An http or https URL of at most 2 048 characters, without credentials in it, or the path of a file of this server. */
export function avatarUrlFault(url: string): 'too_long' | 'not_a_url' | undefined {
  if (url.length > MAX_URL) return 'too_long';
  if (OWN_FILE.test(url)) return undefined;
  // The parser would drop line ends and repair slashes; what is stored has to be what a browser will read.
  if (!/^https?:\/\/[^/\\\s]/i.test(url) || /[\s\p{C}\\"<>]/u.test(url)) return 'not_a_url';
  const parsed = URL.parse(url);
  return parsed === null || parsed.username !== '' || parsed.password !== '' ? 'not_a_url' : undefined;
}

/** At most 200 characters; empty is fine and shows nothing. */
export function statusMessageFault(message: string): Exclude<NameFault, 'empty'> | undefined {
  if (isLongerThan(message, 200)) return 'too_long';
  if (hasForbiddenText(message)) return 'forbidden_characters';
  return hasTooManyMarks(message) ? 'too_many_combining_marks' : undefined;
}
