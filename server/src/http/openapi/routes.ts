import { readFile } from 'node:fs/promises';
import { Type } from 'typebox';
import { AppError } from '../../errors.ts';
import { type Route, route } from '../route.ts';

/** Serves the committed documents, each read when first asked for: making them takes longer than starting may. */
export const documentRoutes = (directory: URL): readonly Route[] => [
  documentRoute(directory, 'openapi.json', 'This document'),
  documentRoute(directory, 'asyncapi.json', 'What goes over sockets and streams'),
];

function documentRoute(directory: URL, name: string, summary: string): Route {
  let reading: Promise<string> | undefined;
  const read = () =>
    readFile(new URL(name, directory), 'utf8').catch((error: NodeJS.ErrnoException) => {
      reading = undefined;
      throw error.code === 'ENOENT' ? new AppError('NOT_FOUND') : error;
    });

  return route({
    method: 'GET',
    path: `/${name}`,
    scope: 'public',
    limit: 'default',
    action: undefined,
    tag: 'documentation',
    summary,
    answers: { 200: Type.Object({}, { additionalProperties: true }) },
    etag: true,
    plain: true,
    handler: async () => {
      reading ??= read();
      return { status: 200, json: await reading };
    },
  });
}
