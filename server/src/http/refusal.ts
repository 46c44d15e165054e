import { AppError, invalidField } from '../errors.ts';

const mapped: Readonly<Record<string, () => AppError>> = {
  StorageFull: () => new AppError('STORAGE_FULL'),
  BlobsUnavailable: () => new AppError('SERVICE_UNAVAILABLE', { reason: 'files' }, 5),
  DatabaseUnavailable: () => new AppError('SERVICE_UNAVAILABLE', {}, 1),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () => new AppError('UNSUPPORTED_MEDIA_TYPE', { allowed: ['application/json'] }),
  FST_ERR_CTP_BODY_TOO_LARGE: () => new AppError('PAYLOAD_TOO_LARGE'),
};

/** What the caller is told about anything that was thrown: storage and framework by name, all else is INTERNAL_ERROR and says no more. */
export function refusalOf(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  const { name, code, statusCode } = (thrown ?? {}) as { name?: string; code?: string; statusCode?: number };
  const known = mapped[code ?? ''] ?? mapped[name ?? ''];
  if (known) return known();
  if (code?.startsWith('FST_') && statusCode === 400) return invalidField('body', 'malformed');
  return new AppError('INTERNAL_ERROR');
}
