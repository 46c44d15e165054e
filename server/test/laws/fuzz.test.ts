import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, describe, it } from 'node:test';
import fc from 'fast-check';
import type { Route } from '../../src/http/route.ts';
import { routes } from '../../src/routes.ts';
import { engines } from '../engines.ts';
import { createTestApp, type TestApp } from '../harness/app.ts';
import type { Person, Reply } from '../harness/people.ts';
import { fingerprintOf } from '../harness/state.ts';
import { type FuzzInput, filled, inputsOf } from './fuzz_inputs.ts';
import { createThings, type Things } from './sample_requests.ts';

/** Inputs for each route; the continuous integration takes more (CONTRIBUTING). */
const RUNS = Number(process.env.FUZZ_RUNS ?? 25);
/** The same inputs for the same seed. A longer run begins elsewhere each time. */
const SEED = Number(process.env.FUZZ_SEED ?? (process.env.FUZZ_RUNS === undefined ? 20_240_115 : Date.now() % 2 ** 31));

/** Each route draws from its own seed: another route beside it changes nothing. */
const seedOf = (name: string) => createHash('sha1').update(`${SEED} ${name}`).digest().readInt32BE();

/** Things and people as they may be left by what was taken; they are made anew now and then. */
const WORN_AFTER = 5;

interface World {
  readonly people: Record<FuzzInput['who'], Person>;
  readonly things: Things;
}

/** Makes people again who were suspended, signed out or given another role, and all things. */
async function renew(app: TestApp, former: World['people'] | undefined, turn: number): Promise<World> {
  const still = async (name: 'admin' | 'member' | 'outsider', role: string) => {
    const known = former?.[name];
    const { status, data } = (await known?.request('GET', '/users/me')) ?? { status: 401, data: undefined };
    if (known && status === 200 && data.role === role) return known;
    return role === 'admin' ? app.registerAs('admin', `${name}_${turn}`) : app.register(`${name}_${turn}`);
  };
  const admin = await still('admin', 'admin');
  const member = await still('member', 'user');
  const outsider = await still('outsider', 'user');
  const { data: talk } = await admin.request('POST', '/conversations', { body: { user_id: member.id } });
  for (const side of [admin, member]) await side.post(`/conversations/${talk.id}/block`, { blocked: false }, 200);
  const things = await createThings(app, admin, member);
  return { people: { admin, member, outsider, stranger: app.stranger }, things };
}

/** The first account is who makes the others: nobody acts on it. */
const sparesFirst = ({ path }: FuzzInput) => !/\/users\/1(\/|$)/.test(path);

function judge(route: Route, input: FuzzInput, { status, error }: Reply): void {
  assert.ok(status < 500, `${status}`);
  if (status !== 400) return;
  const { field } = error.details;
  assert.ok(typeof field === 'string' && field !== '', `a field is named: ${JSON.stringify(error)}`);
  const named = [
    ...['body', 'query', 'path', 'Host'],
    ...[route.params, route.query, route.body].flatMap((schema) => Object.keys(schema?.properties ?? {})),
    ...Object.keys(input.headers),
    ...keysOf(input.body),
  ];
  const told = field.replace(/…$/, '').toLowerCase();
  const isKnown = named.some(
    (name) =>
      told === name.toLowerCase() || told.startsWith(`${name.toLowerCase()}.`) || name.toLowerCase().startsWith(told),
  );
  assert.ok(isKnown, `${field} was sent or is asked for`);
}

function keysOf(body: FuzzInput['body']): string[] {
  try {
    return Object.keys(JSON.parse(String(body)) ?? {});
  } catch {
    return [];
  }
}

for (const engine of engines) {
  describe(`any input (${engine}, FUZZ_SEED=${SEED}, ${RUNS} for each route)`, async () => {
    // Whoever signs in often enough ends his oldest session: the first account's must last.
    const app = await createTestApp(engine, { MAX_SESSIONS_PER_USER: '1000', MAX_WEBHOOKS_PER_USER: '10000' });
    after(app.close);
    const { db, webhooks } = app.deps;
    // What it does by itself is not what a refused request has changed.
    await webhooks.worker.stop(0);
    await app.stopMaintenance();
    let turn = 0;
    let world = await renew(app, undefined, turn);
    let worn = 0;

    it('what changes a single row is seen', async () => {
      const { people, things } = world;
      for (const act of [
        () => people.admin.put(`/rooms/${things.room_id}`, { topic: 'x' }, 200),
        () => people.admin.put(`/rooms/${things.room_id}`, { topic: 'y' }, 200),
        () => people.admin.delete(`/messages/${things.message_id}/reactions/${things.emoji}`, 204),
        () => people.member.post(`/rooms/${things.room_id}/read`, {}, 200),
      ]) {
        const before = await fingerprintOf(db);
        assert.equal(await fingerprintOf(db), before);
        await act();
        assert.notEqual(await fingerprintOf(db), before);
      }
    });

    for (const route of routes) {
      const name = `${route.method} ${route.path}`;
      it(name, async () => {
        world = await renew(app, world.people, ++turn);
        let before = await fingerprintOf(db);
        const inputs = inputsOf(route, world.things).filter(sparesFirst);
        await fc.assert(
          fc.asyncProperty(inputs, async (input) => {
            if (worn >= WORN_AFTER) {
              world = await renew(app, world.people, ++turn);
              worn = 0;
              before = await fingerprintOf(db);
            }
            const { who, query, body, headers } = input;
            const path = filled(query === '' ? input.path : `${input.path}?${query}`, world.things);
            const sent = typeof body === 'string' ? filled(body, world.things) : body;
            const options = { headers, ...(sent === undefined ? {} : { body: sent }) };
            const reply = await world.people[who].request(route.method, path, options);
            const now = await fingerprintOf(db);
            const was = before;
            before = now;
            judge(route, { ...input, body: sent }, reply);
            if (reply.status >= 400) assert.equal(now, was, `refused with ${reply.status}, and something changed`);
            else if (now !== was) worn += route.method === 'DELETE' ? WORN_AFTER : 1;
            if (reply.status === 401 && who !== 'stranger') worn = WORN_AFTER;
          }),
          { seed: seedOf(name), numRuns: RUNS },
        );
      });
    }
  });
}
