import { takesKeys } from '../../src/http/idempotency.ts';
import type { Route } from '../../src/http/route.ts';
import type { Document } from './markdown.ts';

const nameOf = ({ method, path }: Pick<Route, 'method' | 'path'>) => `${method} ${path.replace(/^\/api\/v1/, '')}`;

/** The routes a reference has a section for: `PATCH` is the same as `PUT` everywhere. */
export const documentedRoutes = (routes: readonly Route[]): Route[] =>
  routes.filter(({ method }) => method !== 'PATCH');

/** What docs/api.md says of a route in one line. */
export function factsOf(route: Route): string {
  const { answers, limit, refusals = [] } = route;
  const named = new Set([...refusals, ...(takesKeys(route) ? ['IDEMPOTENCY_MISMATCH'] : [])]);
  const counted = limit === 'none' ? 'not counted' : `counted as \`${limit}\``;
  const refuses = [...named].map((code) => `\`${code}\``).join(', ');
  return `Answers ${Object.keys(answers).join(', ')}; ${counted}${refuses && `; refuses ${refuses}`}.`;
}

/** What is missing from a reference of these routes, and what it says of routes that are not there. */
export function referenceFaults(document: Document, routes: readonly Route[]): string[] {
  const sections = sectionsOf(document);
  const known = new Map(documentedRoutes(routes).map((route) => [nameOf(route), route]));
  return [
    ...[...known.keys()]
      .filter((name) => !sections.has(name))
      .map((name) => `${document.path}: ${name} has no section`),
    ...[...sections].flatMap(([name, lines]) => {
      const route = known.get(name);
      return (route ? sectionFaults(route, lines) : ['there is no such route']).map(
        (fault) => `${document.path}: ${name}: ${fault}`,
      );
    }),
  ];
}

/** Headings such as "### `GET /rooms`", and the lines below each. */
function sectionsOf({ prose }: Document): Map<string, string[]> {
  const sections = new Map<string, string[]>();
  let lines: string[] = [];
  for (const line of prose) {
    const name = /^### `([A-Z]+ \/\S*)`$/.exec(line)?.[1];
    if (name === undefined && !/^##? /.test(line)) lines.push(line);
    else lines = [];
    if (name !== undefined) sections.set(name, lines);
  }
  return sections;
}

function sectionFaults(route: Route, lines: readonly string[]): string[] {
  const parts = route.form ? ['file', ...Object.keys(route.form.properties)] : [];
  const sources = [route.query, route.body].flatMap((schema) => Object.keys(schema?.properties ?? {}));
  const fields = [...new Set([...sources, ...parts])];
  const named = lines.flatMap((line) => /^\| `([^`]+)` \|/.exec(line)?.[1] ?? []);
  return [
    ...(lines.includes(factsOf(route)) ? [] : [`the line "${factsOf(route)}" is missing`]),
    ...fields.filter((field) => !named.includes(field)).map((field) => `${field} is not in the table`),
    ...named.filter((field) => !fields.includes(field)).map((field) => `${field} is no parameter`),
  ];
}

/** Routes that answered with success while a server wrote this log. */
export function answeredRoutes(log: string): Set<string> {
  const answered = new Set<string>();
  for (const line of log.split('\n')) {
    if (!line.startsWith('{')) continue;
    const { msg, method, route, status } = JSON.parse(line);
    if (msg === 'request' && status < 400) answered.add(nameOf({ method, path: route }));
  }
  return answered;
}

/** Routes of which no example was carried out. */
export function unusedRoutes(routes: readonly Route[], log: string): string[] {
  const answered = answeredRoutes(log);
  return documentedRoutes(routes)
    .map(nameOf)
    .filter((name) => !answered.has(name));
}
