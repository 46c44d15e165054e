/** The token of `Bearer <token>`; the scheme's case does not matter (RFC 9110). */
export function bearerOf(authorization: string | undefined): string | undefined {
  if (authorization === undefined || authorization.length < 8 || authorization[6] !== ' ') return undefined;
  const scheme = authorization.slice(0, 6);
  if (scheme !== 'Bearer' && scheme.toLowerCase() !== 'bearer') return undefined;
  return authorization.slice(7).trim() || undefined;
}
