/** One line an error: status, and the sentence for people in both languages. `code` is the contract (printed into docs/errors.md). */
export const errorTable = {
  VALIDATION_FAILED: [400, 'The request is not valid.', 'Les données fournies ne sont pas valides.'],
  MESSAGE_TOO_LONG: [400, 'The message is too long.', 'Le message est trop long.'],
  INVALID_TOKEN: [401, 'The token is missing, invalid or expired.', 'Le token est manquant, invalide ou expiré.'],
  INVALID_CREDENTIALS: [401, 'Wrong user name or password.', 'Nom d’utilisateur ou mot de passe incorrect.'],
  PERMISSION_DENIED: [403, 'You may not do this.', 'Permissions insuffisantes.'],
  USER_BLOCKED: [403, 'One of you has blocked the other.', 'Utilisateur bloqué.'],
  NOT_FOUND: [404, 'There is nothing here.', 'Ressource non trouvée.'],
  ROOM_NOT_FOUND: [404, 'There is no such room.', 'Salon inexistant.'],
  USER_NOT_FOUND: [404, 'There is no such user.', 'Utilisateur inexistant.'],
  MESSAGE_NOT_FOUND: [404, 'There is no such message.', 'Message inexistant.'],
  WEBHOOK_NOT_FOUND: [404, 'There is no such webhook.', 'Webhook inexistant.'],
  CONVERSATION_NOT_FOUND: [404, 'There is no such conversation.', 'Conversation inexistante.'],
  FILE_NOT_FOUND: [404, 'There is no such file.', 'Fichier inexistant.'],
  METHOD_NOT_ALLOWED: [405, 'This method is not offered here.', 'Méthode non autorisée.'],
  REQUEST_TIMEOUT: [408, 'The request took too long to arrive.', 'La requête a mis trop de temps à arriver.'],
  RESOURCE_CONFLICT: [409, 'This collides with the present state.', 'Conflit de ressource.'],
  ROOM_FULL: [409, 'The room is full.', 'Le salon est complet.'],
  REQUEST_IN_PROGRESS: [
    409,
    'The first request with this key is still running.',
    'La première requête avec cette clé est en cours.',
  ],
  CURSOR_EXPIRED: [
    410,
    'What came after this cursor is not kept any more, or it is none of this server.',
    "Ce qui suivait ce curseur n'est plus conservé, ou il n'est pas de ce serveur.",
  ],
  PAYLOAD_TOO_LARGE: [413, 'The body is too large.', 'Le corps de la requête est trop volumineux.'],
  FILE_TOO_LARGE: [413, 'The file is too large.', 'Le fichier est trop volumineux.'],
  URI_TOO_LONG: [414, 'The address is too long.', 'L’adresse est trop longue.'],
  UNSUPPORTED_MEDIA_TYPE: [415, 'This media type is not taken here.', 'Type de contenu non pris en charge.'],
  RANGE_NOT_SATISFIABLE: [416, 'The file has no such part.', 'Cette partie du fichier n’existe pas.'],
  EXPECTATION_FAILED: [417, 'What the request expects cannot be met.', 'L’attente exprimée ne peut être satisfaite.'],
  UNPROCESSABLE: [422, 'Well formed, but not possible.', 'Données valides mais non traitables.'],
  IDEMPOTENCY_MISMATCH: [422, 'This key was used with another payload.', 'Cette clé a servi avec un autre contenu.'],
  RATE_LIMIT_EXCEEDED: [429, 'Too many requests.', 'Limite de taux dépassée.'],
  HEADERS_TOO_LARGE: [431, 'The headers are too large.', 'Les en-têtes sont trop volumineux.'],
  INTERNAL_ERROR: [500, 'Something went wrong on the server.', 'Erreur interne du serveur.'],
  SERVICE_UNAVAILABLE: [503, 'The server cannot answer just now.', 'Le service est momentanément indisponible.'],
  STORAGE_FULL: [507, 'The storage is full; nothing was saved.', 'Le stockage est plein ; rien n’a été enregistré.'],
} as const satisfies Record<string, readonly [status: number, en: string, fr: string]>;

export type ErrorCode = keyof typeof errorTable;
export type Details = Record<string, unknown>;
export interface FieldFault {
  field: string;
  reason: string;
  [more: string]: unknown;
}

/** A refusal the caller is told about. Everything else that is thrown becomes INTERNAL_ERROR. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly details: Details;
  /** Seconds until trying again makes sense; sent as `Retry-After`. */
  readonly retryAfter: number | undefined;

  constructor(code: ErrorCode, details: Details = {}, retryAfter?: number) {
    super(code);
    this.name = 'AppError';
    this.code = code;
    this.status = errorTable[code][0];
    this.details = details;
    this.retryAfter = retryAfter;
  }
}

export function messageOf(code: ErrorCode, language: 'en' | 'fr'): string {
  return errorTable[code][language === 'fr' ? 2 : 1];
}

/** 400 for the first fault, with all of them in `details.errors`. */
export function invalid(faults: readonly FieldFault[]): AppError {
  const [first = { field: '', reason: 'invalid' }] = faults;
  const errors = faults.map(({ field, reason }) => ({ field, reason }));
  return new AppError('VALIDATION_FAILED', { ...first, errors });
}

export function invalidField(field: string, reason: string): AppError {
  return invalid([{ field, reason }]);
}

/** Raises what is wrong with the fields, by name, all at once; undefined where nothing is. */
export function refuseFields(reasons: Readonly<Record<string, string | undefined>>): void {
  const faults = Object.entries(reasons).flatMap(([field, reason]) =>
    reason === undefined ? [] : [{ field, reason }],
  );
  if (faults.length > 0) throw invalid(faults);
}

export function unprocessable(reason: string, more: Details = {}): AppError {
  return new AppError('UNPROCESSABLE', { reason, ...more });
}

export function conflict(reason: string, more: Details = {}): AppError {
  return new AppError('RESOURCE_CONFLICT', { reason, ...more });
}

/** 429 with the limit and its window. Whoever waits for `retry_after` seconds is let through. */
export function rateLimited(limit: { scope: string; limit: number; windowMs: number; retryAfterMs: number }): AppError {
  const retryAfter = Math.ceil(limit.retryAfterMs / 1_000);
  const details = { scope: limit.scope, limit: limit.limit, window: limit.windowMs / 1_000, retry_after: retryAfter };
  return new AppError('RATE_LIMIT_EXCEEDED', details, retryAfter);
}
