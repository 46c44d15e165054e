import type { App } from '../../src/app.ts';
import { routes } from '../../src/routes.ts';
import { person } from '../harness/people.ts';
import { type Life, names } from './life.ts';

/** Not about what is stored, or another at each request. */
const beside = /^\/(health|healthz|readyz|metrics|openapi\.json|asyncapi\.json)|\/(stream|shared)$/;
const ids = (from: number, count: number) => Array.from({ length: count }, (_, n) => from + n);
const parameters: Readonly<Record<string, readonly number[]>> = {
  room_id: ids(1, 8),
  conversation_id: ids(1, 8),
  user_id: ids(1, 6),
  message_id: ids(1, 14),
  file_id: ids(1, 6),
  webhook_id: ids(1, 2),
};

/** What everybody is answered to everything that can be asked, by person and path; with the tokens people had before. */
export async function seenBy(app: App, { people, cursor }: Life): Promise<Map<string, string>> {
  const seen = new Map<string, string>();
  for (const name of names) {
    const one = person(app, { access_token: people[name].token, user: people[name] });
    for (const path of paths(cursor)) {
      const { status, headers, bytes } = await one.request('GET', path);
      seen.set(`${name} GET ${path}`, `${status} ${headers.etag ?? ''} ${steady(bytes)}`);
    }
  }
  return seen;
}

function paths(cursor: string): string[] {
  const gets = routes.filter(({ method, path }) => method === 'GET' && !beside.test(path));
  const plain = gets.flatMap(({ path }) => filled(path.replace('/api/v1', '')));
  return [
    ...plain.filter((path) => path !== '/users/search' && path !== '/events'),
    ...['/users/search?q=al', '/users/search?q=madame', '/rooms?filter=joined', '/rooms?search=gard'],
    ...['/events?after=0&limit=100', `/events?after=${cursor}&limit=100`, '/events?after=1'],
  ];
}

/** A path with every id in place of each parameter. */
function filled(path: string): string[] {
  const [, name = ''] = /\{(\w+)\}/.exec(path) ?? [];
  if (name === '') return [path];
  const all = parameters[name];
  if (!all) throw new Error(`Nothing is known to put in place of ${name} in ${path}`);
  return all.flatMap((id) => filled(path.replace(`{${name}}`, `${id}`)));
}

/** Without what is each request's own, each engine's and each process's. */
function steady(bytes: Buffer): string {
  const text = bytes.toString('latin1').replace(/"(timestamp|request_id)":"[^"]*"/g, '');
  return text.replace(/"(storage|process)":\{[^}]*\}/g, '');
}
