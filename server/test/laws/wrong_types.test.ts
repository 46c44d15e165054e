import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import type { Route } from '../../src/http/route.ts';
import { routes } from '../../src/routes.ts';
import { engines } from '../engines.ts';
import { createTestApp } from '../harness/app.ts';
import type { Reply } from '../harness/people.ts';
import { hostileBodies, hostileJson, hostileParameters } from './hostile_values.ts';
import { createThings, pathOf, sampleBody, type Things } from './sample_requests.ts';

interface Trial {
  readonly name: string;
  readonly method: Route['method'];
  readonly path: string;
  readonly body?: string | Buffer;
  readonly headers?: Record<string, string>;
  /** The field that a 400 has to name, where it is about one. */
  readonly field?: string;
  /** False when the schemas alone decide that it is refused. */
  readonly mayPass: boolean;
}

const label = ({ method, path }: Route) => `${method} ${path}`;
const short = (text: string) => (text.length > 60 ? `${text.slice(0, 60)}… (${text.length})` : text);

const fits = (schema: TSchema, body: object) =>
  Value.Check(schema, { ...(Value.Default(schema, {}) as object), ...body });

/** Each field of a body as something else, then with a field too many, then with each one missing. */
function bodyTrials(route: Route, things: Things): Trial[] {
  const sample = sampleBody(route, things);
  if (!sample || !route.body) return [];
  const { method, body } = route;
  const path = pathOf(route, things);
  const trials = Object.keys(sample).flatMap((field) =>
    hostileJson.map((json): Trial => {
      const text = JSON.stringify({ ...sample, [field]: 'HOSTILE' }).replace('"HOSTILE"', () => json);
      const name = `${label(route)}: ${field} = ${short(json)}`;
      return { name, method, path, body: text, field, mayPass: fits(body, JSON.parse(text)) };
    }),
  );
  for (const surprise of ['surprise', 'id', '__proto__', 'x'.repeat(300), 'a/b~c']) {
    const text = JSON.stringify(sample).replace('{', `{${JSON.stringify(surprise)}:1,`);
    trials.push({
      name: `${label(route)}: ${short(surprise)} too many`,
      method,
      path,
      body: text,
      field: surprise.slice(0, 100),
      mayPass: false,
    });
  }
  for (const field of Object.keys(sample)) {
    const { [field]: _, ...rest } = sample;
    const text = JSON.stringify(rest);
    const mayPass = fits(body, rest);
    trials.push({
      name: `${label(route)}: no ${field}`,
      method,
      path,
      body: text,
      mayPass,
      ...(mayPass ? {} : { field }),
    });
  }
  return trials;
}

function wholeBodyTrials(route: Route, things: Things): Trial[] {
  if (route.method === 'GET') return [];
  const path = pathOf(route, things);
  const { method } = route;
  const sample = sampleBody(route, things) ?? {};
  const cut = gzipSync(JSON.stringify(sample)).subarray(0, 15);
  const bomb = gzipSync(Buffer.alloc(5_000_000, 0x20));
  const packed = { 'content-encoding': 'gzip' };
  return [
    ...hostileBodies,
    { name: 'gzip cut short', body: cut, headers: packed },
    { name: 'a gzip bomb', body: bomb, headers: packed },
  ].map((hostile) => ({ ...hostile, name: `${label(route)}: ${hostile.name}`, method, path, mayPass: false }));
}

/** What has a default need not be said. */
function requiredOf(query: Route['query']): string[] {
  const defaults = Object.keys(query ? (Value.Default(query, {}) as object) : {});
  return (query?.required ?? []).filter((name) => !defaults.includes(name));
}

function queryTrials(route: Route, things: Things): Trial[] {
  const { method, query } = route;
  // To sign out is done once.
  const texts = hostileParameters.filter((text) => method === 'GET' || text !== '0');
  return Object.keys(query?.properties ?? {}).flatMap((field) => {
    // What else is required, and a short page, since what comes back is not the point.
    const others = requiredOf(query)
      .filter((name) => name !== field)
      .map((name) => `${name}=1&`);
    if (query?.properties.limit && field !== 'limit') others.push('limit=1&');
    return ['', ...texts, `1&${field}=1`].map((text) => ({
      name: `${label(route)}: ?${field}=${short(text)}`,
      method,
      path: `${pathOf(route, things)}?${others.join('')}${field}=${text}`,
      field,
      mayPass: method === 'GET',
    }));
  });
}

function pathTrials(route: Route, things: Things): Trial[] {
  const { method } = route;
  const sample = sampleBody(route, things);
  return [...route.path.matchAll(/\{(\w+)\}/g)].flatMap(([, field = '']) =>
    hostileParameters.map((text) => {
      const path = pathOf({ path: route.path.replace(`{${field}}`, () => text) }, things);
      const name = `${label(route)}: ${field} = ${short(text)}`;
      return { name, method, path, field, mayPass: false, ...(sample ? { body: JSON.stringify(sample) } : {}) };
    }),
  );
}

/** `/users/me` and the like are paths of their own. */
const isAnotherRoute = ({ method, path }: Trial) =>
  routes.some((route) => route.method === method && route.path === path);

for (const engine of engines) {
  describe(`wrong types (${engine})`, async () => {
    const app = await createTestApp(engine);
    after(app.close);
    const things = await createThings(app);

    async function run({ method, path, body, headers }: Trial): Promise<Reply> {
      return app.admin.request(method, path, {
        ...(body === undefined ? {} : { body }),
        ...(headers ? { headers } : {}),
      });
    }

    function judge(trial: Trial, { status, error }: Reply): void {
      assert.ok(status < 500, `${trial.name} → ${status}`);
      if (!trial.mayPass) assert.ok(status >= 400, `${trial.name} → ${status}`);
      if (status !== 400 || trial.field === undefined) return;
      const named: string[] = [error.details, ...(error.details.errors ?? [])].map(({ field }) => field);
      // What cannot be decoded has no name.
      const fields = [trial.field, ...(/%(?![0-9a-f]{2})|%ff|%c3%28|%ED/i.test(trial.path) ? ['path', 'query'] : [])];
      const isNamed = named.some((name) =>
        fields.some(
          (field) => name === field || name.startsWith(`${field}.`) || (field.length > 90 && name.startsWith(field)),
        ),
      );
      assert.ok(isNamed, `${trial.name} names its field: ${JSON.stringify(error)}`);
    }

    const kinds = {
      'fields of bodies': bodyTrials,
      'whole bodies': wholeBodyTrials,
      paths: pathTrials,
      queries: queryTrials,
    };
    for (const [kind, trialsOf] of Object.entries(kinds)) {
      const trials = routes.flatMap((route) => trialsOf(route, things)).filter((trial) => !isAnotherRoute(trial));

      it(`${kind}: what breaks the schema is refused and changes nothing`, async () => {
        await app.unchanged(async () => {
          for (const trial of trials.filter(({ mayPass }) => !mayPass)) judge(trial, await run(trial));
        });
      });

      it(`${kind}: what the schema lets through is taken, or refused and changes nothing`, async () => {
        const refused: Trial[] = [];
        for (const trial of trials.filter(({ mayPass }) => mayPass)) {
          const reply = await run(trial);
          judge(trial, reply);
          if (reply.status === 400) refused.push(trial);
        }
        await app.unchanged(async () => {
          // Whether words may be empty depends on the message, which may be gone by now.
          for (const trial of refused) assert.ok([400, 404].includes((await run(trial)).status), trial.name);
        });
      });
    }
  });
}
