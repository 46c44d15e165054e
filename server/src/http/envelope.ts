import { type AppError, messageOf } from '../errors.ts';

/** What everything the API answers is wrapped in. `json` is spliced as it is. */
export const success = (json: string): string => `{"success":true,"data":${json}}`;

const [head, tail] = success('|')
  .split('|')
  .map((text) => Buffer.from(text)) as [Buffer, Buffer];

/** The same of bytes. */
export const successOf = (parts: readonly Buffer[]): Buffer => Buffer.concat([head, ...parts, tail]);

/** The failure envelope; `requestId` is also in the header. */
export function failure(error: AppError, language: 'en' | 'fr', requestId: string, at: number): string {
  return JSON.stringify({
    success: false,
    error: {
      code: error.code,
      message: messageOf(error.code, language),
      details: error.details,
      timestamp: new Date(at).toISOString(),
      request_id: requestId,
    },
  });
}
