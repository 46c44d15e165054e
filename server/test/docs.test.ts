import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join, matchesGlob } from 'node:path';
import { describe, test } from 'node:test';
import { Type } from 'typebox';
import { type Route, route } from '../src/http/route.ts';
import { routes } from '../src/routes.ts';
import { differences } from './docs/answers.ts';
import { sessionFaults } from './docs/judge.ts';
import { linkFaults } from './docs/links.ts';
import { parseDocument, readDocument, root } from './docs/markdown.ts';
import { factsOf, referenceFaults, unusedRoutes } from './docs/reference.ts';
import { isInstalled, neededCommands, runDocument } from './docs/session.ts';

// Every mistake in the documents fails here: blocks that do not run, answers that look otherwise, links that lead nowhere.

const documents = globSync(['*.md', 'docs/**/*.md'], { cwd: root }).sort().map(readDocument);
const ignored = readFileSync(join(root, '.gitignore'), 'utf8').split('\n');
const isTracked = (name: string) => !ignored.some((pattern) => matchesGlob(name, pattern.replace(/\/$/, '')));
const carriedOut = /^(README|docs\/tutorial|docs\/api|docs\/how-to\/.*)\.md$/;

describe('documents that are carried out', { concurrency: 2 }, () => {
  for (const document of documents.filter(({ path }) => carriedOut.test(path))) {
    const missing = neededCommands(document).filter((command) => !isInstalled(command));
    const skip = missing.length > 0 && `not installed: ${missing.join(', ')}`;
    test(document.path, { skip }, async () => {
      const session = await runDocument(document);
      assert.deepEqual(sessionFaults(document, session), []);
      // The tutorial has a folder of its own.
      if (document.path !== 'docs/tutorial.md') assert.deepEqual(session.left.filter(isTracked), []);
      if (document.path === 'docs/api.md') assert.deepEqual(unusedRoutes(routes, session.log), []);
    });
  }

  test('there are all of them', () => {
    const paths = documents.map(({ path }) => path).filter((path) => carriedOut.test(path));
    for (const path of ['README.md', 'docs/tutorial.md', 'docs/api.md']) assert.ok(paths.includes(path), path);
    assert.ok(paths.filter((path) => path.startsWith('docs/how-to/')).length >= 6);
  });
});

test('docs/api.md has each route, with its parameters, its statuses and its refusals', () => {
  assert.deepEqual(referenceFaults(readDocument('docs/api.md'), routes), []);
});

test('links lead somewhere, and files that are named are there', () => {
  assert.deepEqual(documents.flatMap(linkFaults), []);
});

test('each page of docs/ is in the index, and each npm script that is named exists', () => {
  const index = readDocument('docs/README.md').links.map(({ target }) => `docs/${target}`);
  const pages = documents.map(({ path }) => path).filter((path) => /^docs\/(?!decisions\/|README)/.test(path));
  assert.deepEqual(
    pages.filter((path) => !index.includes(path)),
    [],
  );
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const named = documents.flatMap(({ text }) => [...text.matchAll(/npm (?:run ([\w:]+)|(start|test)\b)/g)]);
  for (const [command, script = '', known = script] of named) assert.ok(Object.hasOwn(scripts, known), command);
});

describe('what is seen', () => {
  const run = async (text: string) => {
    const document = parseDocument('sample.md', text);
    return sessionFaults(document, await runDocument(document));
  };
  const block = (info: string, text: string) => `\`\`\`${info}\n${text}\n\`\`\`\n`;
  const health = block('sh', 'curl -sS http://127.0.0.1:8080/health');

  test('a block that fails, with what it wrote', async () => {
    const [fault = '', ...more] = await run(`${block('sh', 'echo fine')}${block('bash', 'echo broken; false')}`);
    assert.deepEqual([fault, more], ['sample.md:4: the block failed\nbroken\n', []]);
  });

  test('a refusal that the document does not show', async () => {
    const text = block('sh', 'curl -sS http://127.0.0.1:8080/api/v1/users/me | sed s/x/y/');
    assert.match((await run(text)).join(), /^sample.md:1: the block failed\n.*INVALID_TOKEN/s);
    assert.deepEqual(await run(text.replace('sh\n', 'sh refused\n')), []);
  });

  test('answers that look otherwise, languages nobody knows, answers to nothing', async () => {
    const text = [
      health,
      block('json answer', '{"status":"ok","version":"9.9.9","uptime_seconds":0}'),
      health,
      block('json answer', '{"status":"fine","version":"0.1.0"}'),
      block('js', 'console.log("one\\ntwo", 6 * 7)'),
      block('text answer', 'one\ntwo …'),
      block('text answer', 'one'),
      block('ruby', 'puts'),
      block('json', '{'),
    ];
    const faults = await run(text.join(''));
    assert.deepEqual(
      faults.map((fault) => fault.split('\n')[0]),
      [
        'sample.md:10: answer.status is "ok", not "fine"',
        'sample.md:10: answer has uptime_seconds, which is not shown',
        'sample.md:20: the block before this answer is not run',
        'sample.md:23: blocks in "ruby" are neither run nor shown',
        "sample.md:26: Expected property name or '}' in JSON at position 1 (line 1 column 2)",
      ],
    );
  });

  test('files that are shown otherwise than they are', async () => {
    const show = (name: string, text: string) => run(block(`text from=${name}`, text));
    const [first = '', second = ''] = readFileSync(join(root, 'deploy/veza.service'), 'utf8').split('\n');
    assert.deepEqual(await show('deploy/veza.service', `${first}\n${second}`), []);
    assert.match((await show('deploy/veza.service', second.slice(1))).join(), /has other lines/);
    assert.match((await show('deploy/gone.service', first)).join(), /is not there/);
  });

  test('fields, entries and values that differ, and not what differs from run to run', () => {
    const uuid = '550e8400-e29b-41d4-a716-446655440000';
    assert.deepEqual(
      differences({ at: '2024-01-15T12:30:00.000Z', uuid }, { at: '2026-02-03T04:05:06.789Z', uuid }),
      [],
    );
    assert.deepEqual(differences({ token: 'ey…' }, { token: 'eyJhbGciOi' }), []);
    assert.deepEqual(differences({ a: 1, '…': '…' }, { a: 1, b: 2 }), []);
    for (const [shown, came] of [
      [{ a: 1 }, { a: 1, b: 2 }],
      [{ a: 1, b: 2 }, { a: 1 }],
      [{ a: 1, '…': '…' }, { a: 1 }],
      [[1], [1, 2]],
      [{ a: null }, { a: 'x' }],
      [{ a: uuid }, { a: `msg-${uuid}` }],
      [{ a: 'ey…' }, { a: 'xeyJ' }],
    ])
      assert.notDeepEqual(differences(shown, came), []);
  });

  test('links and names of files that lead nowhere', () => {
    const faultsOf = (text: string) => linkFaults(parseDocument('docs/x.md', text));
    const good = '# One two\n\n[a](../README.md) [b](#one-two) `server/src/app.ts` [c](https://example.com)';
    assert.deepEqual(faultsOf(good), []);
    for (const text of ['[a](gone.md)', '[b](#gone)', '[c](../README.md#gone)', '[d](../../x)', '`server/src/gone.ts`'])
      assert.equal(faultsOf(text).length, 1, text);
    assert.throws(() => parseDocument('x.md', '- item\n  ```sh\n'), /x.md:2/);
    assert.throws(() => parseDocument('x.md', '```sh\n'), /without an end/);
  });

  test('a route without a section, a parameter too few or too many, a fact that is no longer true', () => {
    const params = {
      method: 'GET',
      path: '/api/v1/things',
      scope: 'public',
      limit: 'default',
      action: undefined,
    } as const;
    const things: Route = route({
      ...params,
      tag: 'things',
      summary: 'List things',
      query: Type.Object({ limit: Type.Integer() }),
      answers: { 200: Type.Object({}) },
      refusals: ['NOT_FOUND'],
      handler: () => ({ status: 204 }),
    });
    const text = `### \`GET /things\`\n\n${factsOf(things)}\n\n| \`limit\` | how many |\n`;
    const faultsOf = (text: string) => referenceFaults(parseDocument('x.md', text), [things]);
    assert.equal(factsOf(things), 'Answers 200; counted as `default`; refuses `NOT_FOUND`.');
    assert.deepEqual(faultsOf(text), []);
    assert.deepEqual(faultsOf(''), ['x.md: GET /things has no section']);
    assert.deepEqual(faultsOf(text.replace('limit` |', 'offset` |')), [
      'x.md: GET /things: limit is not in the table',
      'x.md: GET /things: offset is no parameter',
    ]);
    assert.match(faultsOf(text.replace('200', '201')).join(), /the line ".*" is missing/);
    assert.match(faultsOf(`${text}### \`PUT /things\``).join(), /there is no such route/);
    const line = { msg: 'request', method: 'GET', route: '/api/v1/things', status: 200 };
    assert.deepEqual(unusedRoutes([things], `banner\n${JSON.stringify(line)}\n`), []);
    assert.deepEqual(unusedRoutes([things], JSON.stringify({ ...line, status: 404 })), ['GET /things']);
  });
});
