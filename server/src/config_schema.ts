import { Type } from 'typebox';

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
  DATABASE_URL: optional(
    'PostgreSQL, such as postgres://user:password@host:5432/name; without it SQLite in DATA_DIR.',
    {
      pattern: '^postgres(ql)?://',
    },
  ),
  DATABASE_CONNECTIONS: integer(
    10,
    1,
    1_000,
    'Connections of this process to PostgreSQL for changes, and as many for reading.',
  ),
  DATABASE_POOLER: Type.Enum(['none', 'transaction'], {
    default: 'none',
    description:
      'What stands before PostgreSQL: transaction for one that lends its connections for one transaction each, such as PgBouncer; nothing is prepared or listened for then.',
  }),
  REDIS_URL: optional('Redis or Valkey, through which several processes tell each other what happens at once.', {
    pattern: '^rediss?://',
  }),
  REDIS_PREFIX: text('veza:', 'Begins the name of every key and channel there.', { maxLength: 100 }),
  S3_BUCKET: optional('Bucket that files are kept in; without it they are under DATA_DIR.', {
    minLength: 3,
    maxLength: 63,
  }),
  S3_ENDPOINT: optional('Address of the store, where it is not Amazon’s.', { pattern: '^https?://' }),
  S3_REGION: text('us-east-1', 'Region of the bucket.', { minLength: 1 }),
  S3_ACCESS_KEY_ID: optional('Key for the store; without it what the machine or its environment gives.'),
  S3_SECRET_ACCESS_KEY: optional('The secret that belongs to it.'),
  S3_PREFIX: text('', 'Begins the name of every object, such as veza/.', { maxLength: 200 }),
  S3_PATH_STYLE: flag(true, 'False for a store that wants the bucket in the name of the host.'),
  S3_REDIRECT: flag(
    false,
    'Downloads are sent on to the store, by a link that it signs, instead of going through here.',
  ),
  S3_REDIRECT_SECONDS: integer(60, 5, 3_600, 'How long such a link works.'),
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
