/** What a body may take, in bytes. */
export const MAX_BODY_BYTES = 64 * 1024;

export interface Told {
  readonly id: string;
  readonly event: string;
  readonly timestamp: string;
  readonly webhook_id: number;
  readonly data: Readonly<Record<string, unknown>>;
}

/**
 * The text that is sent: exactly what `JSON.stringify` makes of its parse, since receivers verify it that way. Where it would be
 * too long, the longest fields of `data` are cut, texts at their end and everything else whole; `data.truncated` names them.
 */
export function bodyText(told: Told): string {
  const text = settled(told);
  return Buffer.byteLength(text) <= MAX_BODY_BYTES ? text : cut(told);
}

/** Round-trips once, so that keys which look like integers are already in the order in which receivers will see them. */
function settled({ id, event, timestamp, webhook_id, data }: Told): string {
  return JSON.stringify(JSON.parse(JSON.stringify({ id, event, timestamp, webhook_id, data })));
}

function cut(told: Told): string {
  const data: Record<string, unknown> = { ...told.data };
  const truncated: string[] = [];
  const text = () => settled({ ...told, data: { ...data, truncated } });
  const sizes = Object.entries(data).map(([field, value]) => ({ field, size: sizeOf(value) }));
  for (const { field } of sizes.sort((a, b) => b.size - a.size)) {
    const excess = Buffer.byteLength(text()) - MAX_BODY_BYTES;
    if (excess <= 0 && truncated.length > 0) break;
    truncated.push(field);
    // The name of the field has come into the text, and there is a comma.
    data[field] = shortened(data[field], excess + field.length + 3);
  }
  return text();
}

const sizeOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

/** Shorter by so many bytes of JSON. */
function shortened(value: unknown, excess: number): unknown {
  if (typeof value === 'string') {
    const target = sizeOf(value) - excess;
    let size = 2;
    let kept = 0;
    for (const point of value) {
      size += sizeOf(point) - 2;
      if (size > target) break;
      kept += point.length;
    }
    return value.slice(0, kept);
  }
  if (Array.isArray(value)) return [];
  return typeof value === 'object' && value !== null ? {} : value;
}
