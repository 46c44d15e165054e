import { type TProperties, type TSchema, Type } from 'typebox';
import type { Config } from './config.ts';
import { cursorFault } from './cursor.ts';
import { linesFault } from './text.ts';

/** Building blocks of every route's schema. */
export const Id = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
export const Timestamp = Type.String({ format: 'date-time', description: 'RFC 3339, UTC, milliseconds.' });
/** What others are shown of somebody who is here or not. */
export const PresenceStatus = Type.Enum(['online', 'away', 'busy', 'offline'], {
  description: 'As others see it: whoever is invisible is `offline`.',
});
export const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

/** A body or path that refuses what it does not know. */
export const Strict = <P extends TProperties>(properties: P, options: object = {}) =>
  Type.Object(properties, { additionalProperties: false, ...options });

/** A thing with a name of its own in the OpenAPI document. */
export const Component = <P extends TProperties>(name: string, properties: P) =>
  Type.Object(properties, { $id: name, additionalProperties: false });

/**
 * What no keyword says of a value: why it is refused, in a word or with what would do. As `rule` of a schema it is asked together with
 * the rest; the OpenAPI document leaves it out.
 */
export type Rule<T> = (value: T, config: Config) => string | { readonly reason: string } | undefined;

/** A text with a rule of its own. */
export const Text = (rule: Rule<string>, description: string) => Type.String({ description, rule });

/** A text of several lines, in code points. */
export const Lines = (maximum: number) => Text((text) => linesFault(text, maximum), `At most ${maximum} code points.`);

export const Limit = Type.Integer({ minimum: 1, maximum: 100, default: 50, description: 'Entries in this page.' });
export const Offset = Type.Integer({ minimum: 0, maximum: 10_000, default: 0, description: 'Entries to skip.' });
export const Cursor = Type.String({
  maxLength: 100,
  description: '`next_cursor` of the page before.',
  rule: cursorFault,
});

/** Parameters of paths, by name. */
export const PathId = <const N extends string>(name: N) => Strict({ [name]: Id } as Record<N, typeof Id>);
