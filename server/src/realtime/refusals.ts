import { type AppError, type ErrorCode, messageOf } from '../errors.ts';
import type { Frame } from './frames.ts';

type Severity = 'low' | 'medium' | 'high';

/** A refusal as a frame: the same codes and details as over REST. */
export function errorFrame(error: AppError, language: 'en' | 'fr'): Frame {
  const code = codeOf(error);
  const { retryAfter, details } = error;
  return {
    type: 'error',
    data: {
      code,
      message: messageOf(error.code, language),
      severity: severityOf(error),
      retry_after: retryAfter === undefined ? null : Math.ceil(retryAfter),
      details: code === 'RATE_LIMIT_EXCEEDED' ? { ...details, current_rate: details.limit } : details,
    },
  };
}

/** Sockets have a word of their own for it. */
const codeOf = ({ code }: AppError): ErrorCode | 'CONVERSATION_BLOCKED' =>
  code === 'USER_BLOCKED' ? 'CONVERSATION_BLOCKED' : code;

function severityOf({ status }: AppError): Severity {
  if (status >= 500 || status === 401) return 'high';
  return status === 403 || status === 429 ? 'medium' : 'low';
}
