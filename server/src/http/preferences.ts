const MAX_ENTRIES = 32;

/** Reads `fr-CH, fr;q=0.9, *;q=0.1` into lower-case names and weights, best first, the order of writing among equals. */
export function weighted(header: string): (readonly [name: string, weight: number])[] {
  const entries: (readonly [string, number])[] = [];
  for (const part of header.split(',', MAX_ENTRIES)) {
    const [name = '', ...parameters] = part.split(';');
    const key = name.trim().toLowerCase();
    if (key !== '') entries.push([key, weightOf(parameters)]);
  }
  return entries.sort(([, a], [, b]) => b - a);
}

function weightOf(parameters: string[]): number {
  for (const parameter of parameters) {
    const [name = '', value = ''] = parameter.split('=');
    if (name.trim().toLowerCase() !== 'q') continue;
    const weight = Number(value.trim() || Number.NaN);
    return weight >= 0 && weight <= 1 ? weight : 0;
  }
  return 1;
}

/** Language of the sentences for people: English, unless French is preferred. */
export function languageOf(acceptLanguage: string | undefined): 'en' | 'fr' {
  if (acceptLanguage === undefined) return 'en';
  for (const [name, weight] of weighted(acceptLanguage)) {
    if (weight === 0) break;
    const language = name.split('-', 1)[0];
    if (language === 'fr' || language === 'en') return language;
    if (language === '*') return 'en';
  }
  return 'en';
}

/** The coding to answer in; brotli before gzip among equals, since it is smaller for the same effort. */
export function codingOf(acceptEncoding: string | undefined): 'br' | 'gzip' | undefined {
  if (acceptEncoding === undefined || acceptEncoding === '' || acceptEncoding === 'identity') return undefined;
  const weights = new Map(weighted(acceptEncoding));
  const others = weights.get('*') ?? 0;
  const brotli = weights.get('br') ?? others;
  const gzip = weights.get('gzip') ?? others;
  const identity = weights.get('identity') ?? 0;
  if (Math.max(brotli, gzip) === 0 || identity > Math.max(brotli, gzip)) return undefined;
  return brotli >= gzip ? 'br' : 'gzip';
}
