/** Texts that name no person and are nobody's words. */
const OPEN = new Set(['role', 'former_role', 'changed']);

type Details = Readonly<Record<string, unknown>>;

/** Numbers and flags are public; texts are somebody's words until it is known that they are not. */
function isOpen([key, value]: [string, unknown]): boolean {
  return OPEN.has(key) || !holdsText(value);
}

function holdsText(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return typeof value === 'string';
  return Object.values(value).some(holdsText);
}

const partOf = (details: string, wanted: (entry: [string, unknown]) => boolean): string =>
  JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(details) as Details).filter(wanted)));

/** What stays of details when a person is erased, as JSON text. */
export const publicText = (details: string): string => partOf(details, isOpen);
/** What goes then. */
export const personalText = (details: string): string => partOf(details, (entry) => !isOpen(entry));

/** Whether a text is one that the server wrote: only then the two parts of it are all of it. */
export function isWrittenHere(details: string): boolean {
  try {
    const parsed: unknown = JSON.parse(details);
    return (
      typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) && JSON.stringify(parsed) === details
    );
  } catch {
    return false;
  }
}

/** Details without what two people said to each other: that is for nobody else, admins included. */
export function withoutWords(details: string): Details {
  return JSON.parse(publicText(details)) as Details;
}
