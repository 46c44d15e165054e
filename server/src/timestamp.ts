/** Epoch milliseconds → RFC 3339, UTC, milliseconds. */
export const timestamp = (at: number): string => new Date(at).toISOString();

/** RFC 3339 with a real day and an offset. */
export function isDateTime(text: string): boolean {
  const found =
    /^(\d{4})-(\d\d)-(\d\d)T([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/i.exec(
      text,
    );
  if (!found) return false;
  const [, year, month, day] = found.map(Number);
  const date = new Date(Date.UTC(year as number, (month as number) - 1, day));
  return date.getUTCMonth() === (month as number) - 1 && date.getUTCDate() === day;
}
