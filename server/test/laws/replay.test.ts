import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { endingEvents, eventCatalogue } from '../../src/events.ts';
import { engines } from '../engines.ts';
import type { Person } from '../harness/people.ts';
import type { Heard } from '../realtime/heard.ts';
import { createModel } from '../realtime/model.ts';
import { fetchShown } from '../realtime/model_fetch.ts';
import { type Shown, shownOf, stateOf } from '../realtime/model_state.ts';
import { cases } from './replay_cases.ts';
import { changing, createWorld, listAfter, openViewer, resumeAfter, type Viewer, type World } from './replay_world.ts';

/** Now and then somebody goes away, and comes back at the end. */
const AWAY_EVERY = 6;

interface Away {
  readonly person: Person;
  readonly place: string;
  readonly shown: Shown;
}

/** The state before and what was told since end in what the server shows. */
async function assertReplayed(person: Person, was: Shown, heard: readonly Heard[], is: Shown, way: string) {
  const model = createModel(person, was);
  for (const event of heard) await model.apply(event);
  const types = heard.map(({ type }) => type).join(', ');
  assert.deepEqual(model.shown(), is, `${person.username}, ${way}: ${types}`);
}

/**
 * Whoever asks is judged when he asks: of a place that he has come into he is told also what happened there before, and of one that he has
 * lost only how. Live one hears of what happens while one is there.
 */
function inCommon(heard: readonly Heard[], was: Shown, is: Shown, me: number): string[] {
  const [before, now] = [placesIn(was), placesIn(is)];
  const entered = new Map<number, number>();
  const lost = new Map<number, number>();
  for (const [index, { type, placeId, data }] of heard.entries()) {
    if (type === 'user_joined' && data.user_id === me && !before.has(placeId)) entered.set(placeId, index);
    if (endingEvents.has(type) && placeId > 0 && !now.has(placeId)) lost.set(placeId, index);
  }
  return heard
    .filter(({ placeId }, index) => index >= Math.max(entered.get(placeId) ?? 0, lost.get(placeId) ?? 0))
    .map(({ id, type }) => `${id} ${type}`);
}

const placesIn = ({ rooms, conversations }: Shown) => new Set([...rooms, ...conversations].map(({ id }) => id));

for (const engine of engines)
  describe(`the state before, and events, are the state after (${engine})`, () => {
    const called = new Set<string>();
    const emitted = new Set<string>();
    const away: Away[] = [];
    let world: World;
    let viewers: Viewer[];
    let shown: Map<Viewer, Shown>;

    before(async () => {
      world = await createWorld(engine, called);
      viewers = await Promise.all([world.alice, world.bob, world.admin].map((person) => openViewer(world, person)));
      shown = new Map();
      for (const viewer of viewers) shown.set(viewer, await fetchShown(viewer.person));
    });
    after(async () => {
      for (const viewer of viewers) await viewer.close();
      await world.close();
    });

    for (const [index, [says, act]] of cases.entries())
      test(says, async () => {
        if (index % AWAY_EVERY === 0)
          for (const viewer of viewers)
            away.push({ person: viewer.person, place: viewer.place(), shown: shown.get(viewer) as Shown });
        await act(world);
        for (const type of await world.emitted()) emitted.add(type);
        for (const viewer of viewers) {
          const { person } = viewer;
          const was = shown.get(viewer) as Shown;
          const { frames, events } = await viewer.heard();
          const is = await fetchShown(person);
          shown.set(viewer, is);
          const [live, asked] = [frames, events].map((heard) => inCommon(heard, was, is, person.id));
          assert.deepEqual(live, asked, `${person.username} is told the same both ways`);
          assert.deepEqual(shownOf(stateOf(person.id, is)), is, 'the model holds all that is shown');
          await assertReplayed(person, was, frames, is, 'over the socket');
          await assertReplayed(person, was, events, is, 'asked for');
        }
      });

    test('and so for who was away for any of it', async () => {
      for (const { person, place, shown: was } of away) {
        const is = await fetchShown(person);
        await assertReplayed(person, was, await resumeAfter(world, person, place), is, `resumed after ${place}`);
        const { events } = await listAfter(person, place);
        await assertReplayed(person, was, events, is, `asked for after ${place}`);
      }
    });

    test('there is a case for every event and every route that changes something', () => {
      assert.deepEqual(
        Object.keys(eventCatalogue).filter((type) => !emitted.has(type)),
        [],
        'events',
      );
      assert.deepEqual(
        changing.filter((route) => !called.has(route)),
        [],
        'routes',
      );
    });
  });
