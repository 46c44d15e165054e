import type { Static, TSchema } from 'typebox';
import type { Rate } from './adapters/limiter/limiter.ts';
import { isHost, parseBlocks } from './address.ts';
import { ConfigSchema, fileKinds } from './config_schema.ts';
import { isOrigin } from './origin.ts';

/** Raised with every fault at once; the process ends with 78 (EX_CONFIG of sysexits.h). */
export class ConfigError extends Error {
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(`Configuration: ${faults.join('; ')}`);
    this.name = 'ConfigError';
    this.faults = faults;
  }
}

export type Config = Readonly<Static<typeof ConfigSchema>>;

type Environment = Readonly<Record<string, string | undefined>>;

/** Environment → frozen Config. Throws ConfigError naming every wrong variable. An empty variable counts as absent. */
export function readConfig(environment: Environment): Config {
  const faults: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(ConfigSchema.properties)) {
    const raw = environment[name];
    const value = raw === undefined || raw === '' ? defaultOf(schema) : parse(raw, schema);
    if (value === undefined && (raw === undefined || raw === '')) continue;
    if (value === undefined || !fits(schema, value)) faults.push(`${name} must be ${expectation(schema)}`);
    else values[name] = value;
  }
  faults.push(...crossFaults(values));
  if (faults.length > 0) throw new ConfigError(faults);
  return Object.freeze(values) as Config;
}

export function defaultOf(schema: TSchema): unknown {
  const fallback = (schema as { default?: unknown }).default;
  return Array.isArray(fallback) ? [...fallback] : fallback;
}

function parse(raw: string, schema: TSchema): unknown {
  const { type } = schema as { type?: string };
  if (type === 'integer') return /^-?\d{1,16}$/.test(raw) ? Number(raw) : undefined;
  if (type === 'boolean') return { true: true, false: false, '1': true, '0': false }[raw];
  if (type === 'array')
    return raw
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '');
  return raw;
}

/** The few keywords used above; a whole validator would take a tenth of the start. */
function fits(schema: TSchema, value: unknown): boolean {
  const {
    enum: choices,
    minimum = -Infinity,
    maximum = Infinity,
    minLength = 0,
    maxLength = Infinity,
    pattern,
    format,
  } = schema as Keywords;
  if (choices) return choices.includes(value);
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= minimum && value <= maximum;
  if (typeof value !== 'string') return typeof value === 'boolean' || Array.isArray(value);
  if (format === 'host') return isHost(value);
  return (
    value.length >= minLength && value.length <= maxLength && (pattern === undefined || new RegExp(pattern).test(value))
  );
}

interface Keywords {
  enum?: readonly unknown[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  format?: string;
}

/** What a variable takes, in words: for the fault and for the document. */
export function expectation(schema: TSchema): string {
  const {
    type,
    minimum,
    maximum,
    enum: choices,
    minLength,
    maxLength,
    pattern,
    format,
  } = schema as Record<string, unknown>;
  if (Array.isArray(choices)) return `one of ${choices.join(', ')}`;
  if (type === 'integer') return `a whole number from ${minimum} to ${maximum}`;
  if (type === 'boolean') return 'true or false';
  if (type === 'array') return 'a list separated by commas';
  if (typeof pattern === 'string' && pattern.includes('(s|m|h)'))
    return 'a rate such as 60/1m or 60/1m:20 (count, window, burst)';
  if (format === 'host') return 'an IP address or the name of a host';
  if (typeof pattern === 'string' && pattern in addresses) return addresses[pattern] as string;
  if (pattern !== undefined) return `a text matching ${pattern}`;
  if (maxLength !== undefined) return `a text of ${minLength ?? 0} to ${maxLength} characters`;
  return Number(minLength) > 1 ? `a text of at least ${minLength} characters` : 'a text';
}

const addresses: Readonly<Record<string, string>> = {
  '^https?://': 'an http or https address',
  '^postgres(ql)?://': 'an address such as postgres://user:password@host:5432/name',
  '^rediss?://': 'an address such as redis://host:6379',
};

/** Variables that say nothing without another. */
const companions = {
  S3_BUCKET: ['S3_ENDPOINT', 'S3_ACCESS_KEY_ID'],
  S3_ACCESS_KEY_ID: ['S3_SECRET_ACCESS_KEY'],
  S3_SECRET_ACCESS_KEY: ['S3_ACCESS_KEY_ID'],
} as const;

function crossFaults(values: Record<string, unknown>): string[] {
  const faults: string[] = [];
  for (const [name, others] of Object.entries(companions))
    for (const other of others)
      if (values[other] !== undefined && values[name] === undefined) faults.push(`${other} wants ${name} beside it`);
  if (values.DATABASE_POOLER === 'transaction' && values.DATABASE_URL === undefined)
    faults.push('DATABASE_POOLER=transaction wants DATABASE_URL beside it');
  if (values.S3_REDIRECT === true && values.S3_BUCKET === undefined)
    faults.push('S3_REDIRECT=true wants S3_BUCKET beside it');
  for (const name of ['DATABASE_URL', 'REDIS_URL', 'S3_ENDPOINT', 'PUBLIC_URL'])
    if (values[name] !== undefined && !URL.canParse(String(values[name]))) faults.push(`${name} is no address`);
  if (Number(values.DEFAULT_ROOM_MEMBERS) > Number(values.MAX_ROOM_MEMBERS)) {
    faults.push('DEFAULT_ROOM_MEMBERS must not be above MAX_ROOM_MEMBERS');
  }
  if (Number(values.REFRESH_IDLE_DAYS) > Number(values.REFRESH_ABSOLUTE_DAYS)) {
    faults.push('REFRESH_IDLE_DAYS must not be above REFRESH_ABSOLUTE_DAYS');
  }
  for (const name of ['TRUSTED_PROXIES', 'WEBHOOK_ALLOWED_CIDRS']) {
    const read = parseBlocks((values[name] ?? []) as string[]);
    faults.push(...read.faults.map((fault) => `${name}: ${fault}`));
  }
  const kinds: readonly string[] = fileKinds;
  const unknown = ((values.FILE_TYPES ?? []) as string[]).filter((kind) => !kinds.includes(kind));
  faults.push(...unknown.map((kind) => `FILE_TYPES: ${kind} is none of ${fileKinds.join(', ')}`));
  const origins = ((values.CORS_ORIGINS ?? []) as string[]).filter((entry) => entry !== '*' && !isOrigin(entry));
  faults.push(
    ...origins.map(
      (entry) => `CORS_ORIGINS: "${entry}" is no origin as browsers send it, such as https://chat.example.org`,
    ),
  );
  return faults;
}

/** `60/1m:20` → 60 in a minute, at most 20 at once (the burst is the limit when not given). */
export function parseRate(written: string): Rate {
  const [, limit = '1', count = '1', unit = 's', burst] = /^(\d+)\/(\d+)([smh])(?::(\d+))?$/.exec(written) ?? [];
  const unitMs = unit === 'h' ? 3_600_000 : unit === 'm' ? 60_000 : 1_000;
  return { limit: Number(limit), windowMs: Number(count) * unitMs, burst: Number(burst ?? limit) };
}
