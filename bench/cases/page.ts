import { dirname, join } from 'node:path';
import { measure, requireSameAnswers, type SubjectPlan, withSubjects } from '../measure.ts';
import type { Options } from '../options.ts';
import { seed } from '../seed/seeded.ts';
import { FIRST_ROOM } from '../seed/shape.ts';
import { compared, measuredTable, verdict } from '../table.ts';
import { inTemporary } from '../temporary.ts';
import { newestPage, spreadPages, unseenPages } from './page_requests.ts';

const SMALL = 10_000;
export const path = `/api/v1/rooms/${FIRST_ROOM}/messages`;
export const get = (paths: readonly (readonly string[])[]): SubjectPlan['load'] => ({
  method: 'GET',
  paths,
  body: undefined,
});

interface Seeded {
  readonly large: string;
  readonly small: string;
}

/** The server owns the database; the ceiling only reads it. */
export function pagePlans({ large }: Pick<Seeded, 'large'>, load = get(newestPage(path))): SubjectPlan[] {
  return [
    { name: 'our server', file: 'subjects/ours.ts', args: [dirname(large)], load },
    { name: 'ceiling', file: 'subjects/bare_page.ts', args: [large], load },
  ];
}

async function seeded(directory: string, messages: number): Promise<Seeded & { actions: string }> {
  const room = (name: string, count: number) => seed(join(directory, name), { messages: count, rooms: 1, joined: 1 });
  return {
    large: await room('large', messages),
    actions: await room('actions', messages),
    small: await room('small', SMALL),
  };
}

export function benchPage(options: Options): Promise<void> {
  return inTemporary(async (directory) => {
    const data = await seeded(directory, options.messages);
    await benchNewest(data, options);
    await benchFlatness(data, options);
    await benchUnseen(data, options);
  });
}

async function benchNewest(data: Seeded & { actions: string }, { messages, rounds, seconds }: Options) {
  const load = get(newestPage(path));
  const actions = {
    name: 'our actions, bare http',
    file: 'subjects/actions.ts',
    args: [dirname(data.actions), 'page'],
    load,
  };
  await withSubjects([...pagePlans(data, load), actions], async (subjects) => {
    await requireSameAnswers(subjects);
    const measured = await measure(subjects, rounds, seconds);
    const [ours, ceiling, bare] = measured;
    console.log(`\nnewest page of 50 messages with reactions, of ${messages}`);
    console.log(measuredTable(measured));
    console.log(verdict('our server / ceiling', compared(ours, ceiling), { least: 0.75 }));
    console.log(verdict('our server / our actions', compared(ours, bare)));
    console.log(verdict('our actions / ceiling', compared(bare, ceiling)));
  });
}

/** As many different pages from each room, spread over all of it. */
async function benchFlatness(data: Seeded, { messages, rounds, seconds }: Options) {
  const plan = (database: string, count: number): SubjectPlan => ({
    name: `our server, ${count}`,
    file: 'subjects/ours.ts',
    args: [dirname(database)],
    load: get(spreadPages(path, count)),
  });
  await withSubjects([plan(data.small, SMALL), plan(data.large, messages)], async (subjects) => {
    const measured = await measure(subjects, rounds, seconds);
    console.log(`\n200 pages spread over the room, of ${SMALL} and of ${messages} messages`);
    console.log(measuredTable(measured));
    console.log(verdict('large / small', compared(measured[1], measured[0]), { least: 0.8 }));
  });
}

async function benchUnseen(data: Seeded, { messages, rounds, seconds }: Options) {
  await withSubjects(pagePlans(data, get(unseenPages(path, messages))), async (subjects) => {
    await requireSameAnswers(subjects);
    const measured = await measure(subjects, rounds, seconds);
    console.log(`\npages drawn from all over the room, of ${messages}: mostly nothing of them is in memory`);
    console.log(measuredTable(measured));
    console.log(verdict('our server / ceiling', compared(measured[0], measured[1])));
  });
}
