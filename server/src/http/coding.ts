import { AppError, invalidField } from '../errors.ts';

/** What the bytes of a body are packed with, by its `Content-Encoding`. */
export function codingOf(header: string | undefined): 'none' | 'gzip' | 'unknown' {
  if (header === undefined) return 'none';
  const coding = header.trim().toLowerCase();
  if (coding === '' || coding === 'identity') return 'none';
  return coding === 'gzip' || coding === 'x-gzip' ? 'gzip' : 'unknown';
}

/** How long a body of at most so many bytes is when it is packed: one that cannot be made smaller grows a little. */
export const longestPacked = (limit: number) => limit + Math.ceil(limit / 1_000) + 1_024;

export const unknownCoding = () => new AppError('UNSUPPORTED_MEDIA_TYPE', { allowed_encodings: ['gzip'] });
export const malformedGzip = () => invalidField('body', 'malformed_gzip');
