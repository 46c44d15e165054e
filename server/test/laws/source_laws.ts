import ts from 'typescript';

export interface SourceFile {
  path: string;
  text: string;
}

export interface Law {
  name: string;
  /** What is wrong with the file, a line each. */
  check(file: SourceFile): string[];
  /** Files that the check must see something in, and files that look alike and are fine. */
  breaks: SourceFile[];
  keeps: SourceFile[];
}

const file = (path: string, text: string): SourceFile => ({ path, text });
const isTest = (path: string) => path.endsWith('.test.ts');
const lines = (text: string, pattern: RegExp) =>
  text.split('\n').flatMap((line, i) => (pattern.test(line) ? [`line ${i + 1}: ${line.trim()}`] : []));

const MAX_LINES = 300;
const VAGUE = /^(utils?|helpers?|common|services?|managers?)$/;
const READS_PROCESS = /^server\/src\/(main|config|runtime|cli|generate)\.ts$/;
const KNOWS_POSTGRES = /^server\/src\/(db\/|(app|config|config_schema)\.ts$)/;

export const laws: Law[] = [
  {
    name: `no file has more than ${MAX_LINES} lines`,
    check: ({ path, text }) => {
      const count = text.split('\n').length - 1;
      return isTest(path) || count <= MAX_LINES ? [] : [`${count} lines`];
    },
    breaks: [file('server/src/long.ts', '\n'.repeat(301))],
    keeps: [file('server/src/long.ts', '\n'.repeat(300)), file('server/src/long.test.ts', '\n'.repeat(301))],
  },
  {
    name: 'files and folders are named after what is in them',
    check: ({ path }) =>
      path
        .split('/')
        .flatMap((part) => part.split('.')[0]?.split('_') ?? [])
        .filter((word) => VAGUE.test(word)),
    breaks: [
      file('server/src/utils/text.ts', ''),
      file('server/src/helpers.ts', ''),
      file('server/src/http/room_service.ts', ''),
    ],
    keeps: [file('server/src/modules/rooms/rooms.ts', '')],
  },
  {
    name: 'no barrels',
    check: ({ path, text }) => [...(/(^|\/)index\.ts$/.test(path) ? ['index.ts'] : []), ...lines(text, /^export \*/)],
    breaks: [file('server/src/http/index.ts', ''), file('server/src/http/all.ts', `export * from './route.ts';`)],
    keeps: [file('server/src/http/route.ts', 'export const x = 1;')],
  },
  {
    name: 'every type is known: no any, no check switched off',
    check: ({ path, text }) => [
      ...nodes(path, text, (node) => node.kind === ts.SyntaxKind.AnyKeyword),
      ...lines(text, isTest(path) ? /@ts-(ignore|nocheck)/ : /@ts-(ignore|nocheck|expect-error)/),
    ],
    breaks: [
      file('server/src/x.ts', 'export const x = JSON.parse("1") as any;'),
      file('server/src/x.ts', 'export function f(a: Record<string, any[]>) { return a; }'),
      file('server/src/x.ts', '// @ts-ignore\nexport const x: number = "1";'),
    ],
    keeps: [
      file('server/src/x.ts', '// any room\nexport const any = "any";'),
      file('server/src/x.test.ts', '// @ts-expect-error the caller passes what it was sent\nf(1);'),
    ],
  },
  {
    name: 'what is left to do is no comment',
    check: ({ text }) => lines(text, /\b(TODO|FIXME|XXX|HACK)\b/),
    breaks: [file('server/src/x.ts', '// TODO later'), file('server/src/x.ts', '/* FIXME */')],
    keeps: [file('server/src/x.ts', 'const todo = 1;')],
  },
  {
    name: 'only main.ts, config.ts, runtime.ts, cli.ts and generate.ts know the process they run in',
    check: ({ path, text }) =>
      isTest(path) || READS_PROCESS.test(path)
        ? []
        : nodes(
            path,
            text,
            (node) =>
              (ts.isIdentifier(node) && node.text === 'process' && !isMemberName(node)) ||
              (ts.isStringLiteral(node) && /^(node:)?process$/.test(node.text)),
          ),
    breaks: [
      file('server/src/http/server.ts', 'export const port = process.env.PORT;'),
      file('server/src/http/server.ts', `import { env } from 'node:process'; export { env };`),
      file('server/src/http/server.ts', 'export const { env } = process;'),
      file('server/src/http/server.ts', 'export const g = globalThis.process;'),
    ],
    keeps: [
      file('server/src/main.ts', 'process.exit(1);'),
      file('server/src/http/server.ts', '// one process\nexport const x = { process: 1 };'),
      file('server/src/http/server.test.ts', 'process.env.X = "1";'),
    ],
  },
  {
    name: 'columns of a table are named: one that a newer version adds must change nothing for an older one that runs',
    check: ({ path, text }) =>
      isTest(path) ? [] : lines(text.replaceAll(/\s+/g, ' '), /selectFrom\('[^']+'\)((?!selectFrom).)*\.selectAll\(/),
    breaks: [file('server/src/modules/rooms/store.ts', `q.selectFrom('rooms').where('id', '=', p.id).selectAll()`)],
    keeps: [
      file('server/src/modules/rooms/store.ts', `q.selectFrom('rooms').select(['id', 'name'])`),
      file('server/src/modules/rooms/list_store.ts', `q.selectFrom(merged.as('merged')).selectAll()`),
    ],
  },
  {
    name: 'only db/, app.ts and the configuration know that there is postgres',
    check: ({ path, text }) => (isTest(path) || KNOWS_POSTGRES.test(path) ? [] : lines(text, /postgres/)),
    breaks: [file('server/src/modules/rooms/store.ts', `if (db.engine === 'postgres') x();`)],
    keeps: [
      file('server/src/db/postgres.ts', `export const engine = 'postgres';`),
      file('server/src/app.ts', `import { openPostgres } from './db/postgres.ts';`),
    ],
  },
];

/** The lines of the nodes that match. */
function nodes(path: string, text: string, matches: (node: ts.Node) => boolean): string[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (matches(node)) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      found.push(`line ${line + 1}: ${node.parent.getText().split('\n')[0]}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** `process` as the name of a property one defines or reads is another thing, unless it is the global object's. */
function isMemberName(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent))
    return parent.name === node && parent.expression.getText() !== 'globalThis';
  return (ts.isPropertyAssignment(parent) || ts.isPropertySignature(parent)) && parent.name === node;
}
