import { type Static, type TSchema, Type } from 'typebox';
import type { Rate } from './adapters/limiter/limiter.ts';
import { isHost, parseBlocks } from './address.ts';
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

/** Types of files there are names for; what decides them is in modules/files/. */
export const fileKinds = [
  ...(['jpg', 'png', 'gif', 'webp', 'avif', 'svg', 'pdf', 'txt', 'md', 'csv', 'json'] as const),
  ...(['docx', 'xlsx', 'pptx', 'odt', 'zip'] as const),
  ...(['mp3', 'm4a', 'ogg', 'flac', 'wav', 'mp4', 'webm', 'mov'] as const),
];
export type FileKind = (typeof fileKinds)[number];

const integer = (fallback: number, minimum: number, maximum: number, description: string) =>
  Type.Integer({ default: fallback, minimum, maximum, description });
const text = (fallback: string, description: string, more: object = {}) =>
  Type.String({ default: fallback, description, ...more });
const optional = (description: string, more: object = {}) =>
  Type.Optional(Type.String({ description, minLength: 1, ...more }));
const flag = (fallback: boolean, description: string) => Type.Boolean({ default: fallback, description });
const list = (fallback: string[], description: string) =>
  Type.Array(Type.String({ minLength: 1 }), { default: fallback, description });
const rate = (fallback: string, description: string) =>
  Type.String({
    default: fallback,
    pattern: '^[1-9][0-9]{0,6}/[1-9][0-9]{0,4}(s|m|h)(:[1-9][0-9]{0,6})?$',
    description,
  });

/** Every variable the server knows: the one source of validation, defaults and docs/configuration.md. */
export const ConfigSchema = Type.Object({
  HOST: text('127.0.0.1', 'Address to listen on.', { format: 'host' }),
  PORT: integer(8080, 0, 65_535, 'Port to listen on; 0 takes a free one.'),
  DATA_DIR: text('./data', 'Folder of the database and of files; made with mode 0700.', { minLength: 1 }),
  PUBLIC_URL: optional('Address clients use, when it differs from HOST and PORT; the issuer of the tokens.', {
    pattern: '^https?://',
  }),
  LOG_LEVEL: Type.Enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
    default: 'info',
    description: 'Least severe line written to standard output.',
  }),
  REGISTRATION: Type.Enum(['open', 'closed'], {
    default: 'open',
    description: 'Whether people may sign up by themselves.',
  }),
  ADMIN_USERNAME: text('admin', 'User name of the first account.', { pattern: '^[A-Za-z0-9_-]{3,50}$' }),
  ADMIN_EMAIL: text('admin@localhost', 'E-mail of the first account.', { minLength: 3, maxLength: 254 }),
  ADMIN_PASSWORD: optional('Password of the first account; otherwise one is made and shown once.', {
    minLength: 8,
    maxLength: 256,
  }),
  DEFAULT_ROOMS: list(['General'], 'Public rooms made at the first start, which every new user joins.'),
  JWT_SECRET: optional('Key of the access tokens (at least 32 characters); otherwise made and kept in the database.', {
    minLength: 32,
  }),
  SECRET_KEY: optional(
    'Key of what is derived or encrypted at rest (at least 32 characters); otherwise made and kept in the database.',
    { minLength: 32 },
  ),
  ACCESS_TOKEN_SECONDS: integer(900, 5, 86_400, 'Life of an access token.'),
  REFRESH_IDLE_DAYS: integer(7, 1, 365, 'A session unused for so long has ended.'),
  REFRESH_ABSOLUTE_DAYS: integer(30, 1, 3_650, 'A session ends after so long, used or not.'),
  REFRESH_GRACE_SECONDS: integer(
    10,
    0,
    60,
    'How long the spent predecessor of a refresh token still answers the same successor.',
  ),
  MAX_SESSIONS_PER_USER: integer(20, 1, 1_000, 'Sessions a user may hold; the oldest ends.'),
  MAX_MESSAGE_LENGTH: integer(2_000, 1, 20_000, 'Code points in a message.'),
  MAX_ROOM_MEMBERS: integer(10_000, 1, 100_000, 'Highest max_members a room may have.'),
  DEFAULT_ROOM_MEMBERS: integer(1_000, 1, 100_000, 'max_members of a room made without one.'),
  MAX_PINS_PER_ROOM: integer(50, 1, 1_000, 'Pinned messages in one room or conversation.'),
  MAX_EMOJI_PER_MESSAGE: integer(20, 1, 1_000, 'Different emoji on one message.'),
  MAX_BODY_BYTES: integer(65_536, 1_024, 10_485_760, 'JSON body, decompressed.'),
  MAX_AUTH_BODY_BYTES: integer(4_096, 1_024, 65_536, 'JSON body of /auth/*.'),
  MAX_FILE_BYTES: integer(10_485_760, 1, 5_368_709_120, 'An uploaded file.'),
  FILE_TYPES: list(
    [...fileKinds],
    'Types of files that may be uploaded, by the endings they usually have; what a file is, its bytes say.',
  ),
  MAX_USER_STORAGE_BYTES: integer(1_073_741_824, 0, Number.MAX_SAFE_INTEGER, 'All files of a user; 0 for no limit.'),
  MAX_STORAGE_BYTES: integer(53_687_091_200, 0, Number.MAX_SAFE_INTEGER, 'All files of the server; 0 for no limit.'),
  MAX_THUMBNAIL_PIXELS: integer(32_000_000, 1, 268_435_456, 'Pixels of a picture that is made smaller.'),
  MAX_URL_BYTES: integer(8_192, 256, 65_536, 'Request target.'),
  MAX_HEADER_BYTES: integer(16_384, 4_096, 131_072, 'All request headers together.'),
  HEADERS_TIMEOUT_SECONDS: integer(10, 1, 600, 'Time for the headers to arrive.'),
  REQUEST_TIMEOUT_SECONDS: integer(30, 1, 3_600, 'Time for a whole request to arrive.'),
  UPLOAD_TIMEOUT_SECONDS: integer(120, 1, 3_600, 'Time for an upload to arrive.'),
  HANDLER_TIMEOUT_SECONDS: integer(10, 1, 600, 'Time for the server to answer.'),
  KEEP_ALIVE_SECONDS: integer(75, 1, 3_600, 'Time an idle connection is kept.'),
  DRAIN_SECONDS: integer(10, 0, 600, 'Time for what is in flight after SIGTERM.'),
  MAX_RUNNING_REQUESTS: integer(256, 1, 100_000, 'Requests answered at the same time.'),
  MAX_WAITING_REQUESTS: integer(256, 0, 100_000, 'Requests that wait for a place.'),
  MAX_WAITING_MS: integer(500, 0, 60_000, 'Longest wait for a place, in milliseconds.'),
  MIN_FREE_DISK_BYTES: integer(67_108_864, 0, Number.MAX_SAFE_INTEGER, 'Free disk below which writes answer 507.'),
  TRUSTED_PROXIES: list([], 'Addresses or CIDR ranges whose X-Forwarded-For is believed.'),
  CORS_ORIGINS: list([], 'Origins whose pages may call the API, such as https://chat.example.org, or * for any.'),
  WEBHOOK_DELIVERY: Type.Enum(['on', 'off'], {
    default: 'on',
    description: 'Off, deliveries wait: for a copy of a server that is only looked at.',
  }),
  WEBHOOK_ALLOW_HTTP: flag(false, 'Whether webhooks may be sent over http, which anybody on the way can read.'),
  WEBHOOK_ALLOWED_CIDRS: list([], 'Addresses or CIDR ranges webhooks may be sent to although they are not public.'),
  WEBHOOK_CONNECT_SECONDS: integer(5, 1, 60, 'Time for the connection to a webhook receiver.'),
  WEBHOOK_ATTEMPT_SECONDS: integer(15, 1, 60, 'Time for a whole attempt at a delivery.'),
  WEBHOOK_IN_FLIGHT: integer(128, 1, 1_000, 'Attempts at the same time.'),
  WEBHOOK_IN_FLIGHT_EACH: integer(4, 1, 100, 'Attempts at the same time for one webhook.'),
  WEBHOOK_KEPT_DAYS: integer(7, 4, 365, 'How long deliveries, and what they carried, are kept.'),
  WEBHOOK_DISABLE_AFTER_DAYS: integer(
    5,
    0,
    365,
    'A webhook whose every attempt has failed for so long is switched off; 0 leaves it on.',
  ),
  MAX_WEBHOOKS_PER_USER: integer(50, 0, 10_000, 'Webhooks one person may make.'),
  MAX_WEBHOOKS_PER_ROOM: integer(20, 0, 10_000, 'Webhooks of one room.'),
  METRICS: Type.Enum(['on', 'off'], { default: 'on', description: 'Off, /metrics is not there.' }),
  METRICS_TOKEN: optional(
    'Bearer token that /metrics wants; without it only this machine and private networks are answered, and not through a proxy.',
    { pattern: '^[A-Za-z0-9._~+/=-]{16,256}$' },
  ),
  EVENT_RETENTION_DAYS: integer(7, 4, 3_650, 'Days that events are kept, for readers that were away.'),
  MAX_SOCKETS: integer(10_000, 1, 1_000_000, 'Open sockets of this process.'),
  MAX_SOCKETS_PER_USER: integer(10, 1, 10_000, 'Open sockets of one person, and as many event readers over HTTP.'),
  MAX_SOCKETS_PER_ADDRESS: integer(100, 1, 1_000_000, 'Open sockets of one address (/64 for IPv6).'),
  MAX_FRAME_BYTES: integer(65_536, 1_024, 1_048_576, 'A frame that comes in.'),
  MAX_WAITING_BYTES: integer(1_048_576, 65_536, 67_108_864, 'What may wait for a reader that is slow.'),
  MAX_BEHIND_SECONDS: integer(15, 1, 600, 'How long a reader may be slow before it is cut off.'),
  HEARTBEAT_SECONDS: integer(
    30,
    1,
    600,
    'Between two heartbeats of a socket; silent for two and a half of them it is dead.',
  ),
  SOCKET_AUTH_SECONDS: integer(5, 1, 60, 'Time for a new socket to say who it is.'),
  AUDIT_KEEP_CONTENT: flag(true, 'Whether the audit log keeps the words of deleted messages.'),
  AUDIT_RETENTION_DAYS: integer(0, 0, 36_500, 'Days that rows of the audit log are kept; 0 keeps them for ever.'),
  RATE_LIMITS: Type.Enum(['on', 'off'], { default: 'on', description: 'Off for benchmarks and tests.' }),
  RATE_LIMIT_LOGIN: rate('20/5m', 'Sign-ins per address.'),
  RATE_LIMIT_REFRESH: rate('30/1m', 'Token refreshes per address.'),
  RATE_LIMIT_REGISTER: rate('10/1m', 'Registrations per address.'),
  RATE_LIMIT_SEND: rate('60/1m:20', 'Messages per user.'),
  RATE_LIMIT_CHANGE: rate('120/1m', 'Reactions, edits and deletions per user.'),
  RATE_LIMIT_CREATE: rate('20/1m', 'New rooms, conversations, webhooks, tests and replays of webhooks, per user.'),
  RATE_LIMIT_UPLOAD: rate('30/1m', 'Uploads per user.'),
  RATE_LIMIT_SEARCH: rate('30/1m', 'Searches per user.'),
  RATE_LIMIT_FRAMES: rate('120/1m:40', 'Frames of sockets per user.'),
  RATE_LIMIT_DEFAULT: rate('600/1m:100', 'Everything else, per user.'),
  RATE_LIMIT_ANONYMOUS: rate('200/1m', 'Requests without a valid token, per address.'),
});

export type Config = Readonly<Static<typeof ConfigSchema>> & {
  /** Set by tests and composition only; DATABASE_URL is not offered yet. */
  readonly databaseUrl?: string;
};

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
  if (pattern === '^https?://') return 'an http or https address';
  if (pattern !== undefined) return `a text matching ${pattern}`;
  if (maxLength !== undefined) return `a text of ${minLength} to ${maxLength} characters`;
  return Number(minLength) > 1 ? `a text of at least ${minLength} characters` : 'a text';
}

function crossFaults(values: Record<string, unknown>): string[] {
  const faults: string[] = [];
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
