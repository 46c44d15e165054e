import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A request as it is printed, and the answer printed with it. */
export interface Printed {
  /** `GET /rooms/{room_id}`, under `/api/v1`. */
  readonly name: string;
  /** With the query, and with the printed ids in the path. */
  readonly target: string;
  readonly body: Readonly<Record<string, unknown>> | undefined;
  readonly answer: unknown;
}

const text = readFileSync(join(import.meta.dirname, 'examples.md'), 'utf8');
const [, ...sections] = text.split(/^## /m);
const block = (section: string, language: string) =>
  new RegExp(`^\`\`\`${language}\\n(.*?)\`\`\``, 'ms').exec(section)?.[1];

export const examples: readonly Printed[] = sections.filter((section) => section.startsWith('`')).map(read);

/** The printed answer to what is refused. */
export const refusal: unknown = JSON.parse(
  block(sections.find((section) => section.startsWith('A refusal')) ?? '', 'json') ?? '',
);

function read(section: string): Printed {
  const [, name = ''] = /^`(\S+ \S+)`/.exec(section) ?? [];
  const [head = '', ...rest] = (block(section, 'http') ?? '').split('\n\n');
  const [, target = ''] = /^\S+ \/api\/v1(\S+)/.exec(head) ?? [];
  const body = rest.join('\n\n');
  const answer = block(section, 'json');
  return {
    name,
    target,
    body: /application\/json/.test(head) ? JSON.parse(body) : undefined,
    answer: answer === undefined ? undefined : JSON.parse(answer),
  };
}

/** The printed target with ids of things that are there: the places of the parameters are those of the name. */
export function targetOf({ name, target }: Printed, ids: Readonly<Record<string, number | string>>): string {
  const [path = '', query] = target.split('?');
  const places = name.slice(name.indexOf(' ') + 1).split('/');
  const filled = path.split('/').map((part, index) => {
    const [, parameter] = /^\{(\w+)\}$/.exec(places[index] ?? '') ?? [];
    return parameter === undefined ? part : encodeURIComponent(ids[parameter] ?? part);
  });
  return filled.join('/') + (query === undefined ? '' : `?${query}`);
}
