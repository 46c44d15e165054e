/**
 * Compares what a document shows with what came. Everything has to be the same but for what differs from run to run: times, uuids and
 * versions need only have the form, `…` inside a text stands for anything, and an object that ends with `"…": "…"` may have more fields.
 */
export function differences(shown: unknown, came: unknown, at = 'answer'): string[] {
  if (Array.isArray(shown)) return Array.isArray(came) ? inArrays(shown, came, at) : [`${at} is no list`];
  if (isObject(shown)) return isObject(came) ? inObjects(shown, came, at) : [`${at} is no object`];
  if (typeof shown === 'string' && typeof came === 'string' && isAlike(shown, came)) return [];
  if (typeof shown === 'number' && typeof came === 'number' && /(uptime_seconds|\.retry_after)$/.test(at)) return [];
  return shown === came ? [] : [`${at} is ${JSON.stringify(came)}, not ${JSON.stringify(shown)}`];
}

const MORE = '…';

function inObjects(shown: Record<string, unknown>, came: Record<string, unknown>, at: string): string[] {
  const named = Object.keys(shown).filter((key) => key !== MORE);
  const unnamed = Object.keys(came).filter((key) => !named.includes(key));
  return [
    ...named.flatMap((key) =>
      Object.hasOwn(came, key) ? differences(shown[key], came[key], `${at}.${key}`) : [`${at} has no ${key}`],
    ),
    ...(Object.hasOwn(shown, MORE) ? [] : unnamed.map((key) => `${at} has ${key}, which is not shown`)),
    ...(Object.hasOwn(shown, MORE) && unnamed.length === 0 ? [`${at} has no more fields than those shown`] : []),
  ];
}

function inArrays(shown: unknown[], came: unknown[], at: string): string[] {
  if (shown.length !== came.length) return [`${at} has ${came.length} entries, not ${shown.length}`];
  return shown.flatMap((entry, i) => differences(entry, came[i], `${at}[${i}]`));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const forms = [
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
  /^(msg-|conv-)?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/,
  /^req_[0-9a-z]+$/,
  /^curl\/[\d.]+$/,
  /^\d+\.\d+\.\d+$/,
];

function isAlike(shown: string, came: string): boolean {
  return (
    forms.some((form) => form.test(shown) && form.test(came) && prefix(shown) === prefix(came)) || fits(shown, came)
  );
}

const prefix = (text: string) => /^(msg|conv)-/.exec(text)?.[0];

/** Whether a text is the one shown, `…` standing for anything within a line. */
export function fits(shown: string, came: string): boolean {
  const pattern = shown.split(MORE).map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${pattern.join('[^\\n]*')}$`, 'u').test(came);
}
