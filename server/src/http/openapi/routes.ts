import { readFile } from 'node:fs/promises';
import { Type } from 'typebox';
import { AppError } from '../../errors.ts';
import { type Route, route } from '../route.ts';

/** Serves the committed document, read when first asked for: making it takes longer than starting may. */
export function documentRoutes(file: URL): readonly Route[] {
  let reading: Promise<string> | undefined;
  const read = () =>
    readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      reading = undefined;
      throw error.code === 'ENOENT' ? new AppError('NOT_FOUND') : error;
    });

  return [
    route({
      method: 'GET',
      path: '/openapi.json',
      scope: 'public',
      limit: 'default',
      action: undefined,
      tag: 'documentation',
      summary: 'This document',
      answers: { 200: Type.Object({}, { additionalProperties: true }) },
      etag: true,
      plain: true,
      handler: async () => {
        reading ??= read();
        return { status: 200, json: await reading };
      },
    }),
  ];
}
