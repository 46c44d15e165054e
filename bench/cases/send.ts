import { join } from 'node:path';
import { measure, requireSameAnswers, type SubjectPlan, withSubjects } from '../measure.ts';
import type { Options } from '../options.ts';
import { seed } from '../seed/seeded.ts';
import { FIRST_ROOM, type Shape } from '../seed/shape.ts';
import { compared, measuredTable, verdict } from '../table.ts';
import { inTemporary } from '../temporary.ts';

const ROOMS = 8;
/** Eight rooms with 25 000 messages each; everybody is in all of them. */
export const shape: Shape = { messages: 200_000, rooms: ROOMS, joined: ROOMS };

export const load: SubjectPlan['load'] = {
  method: 'POST',
  paths: Array.from({ length: ROOMS }, (_, place) => [`/api/v1/rooms/${FIRST_ROOM + place}/messages`]),
  body: JSON.stringify({ content: 'The kettle belongs to whoever last filled it, says the platform team.' }),
};

/** Each subject writes into a copy of its own. */
export async function sendPlans(directory: string, { messages } = shape): Promise<SubjectPlan[]> {
  const copy = async (name: string) => {
    const folder = join(directory, name);
    return { folder, path: await seed(folder, { ...shape, messages }) };
  };
  const [ours, bare, actions] = [await copy('ours'), await copy('bare'), await copy('actions')];
  return [
    { name: 'our server', file: 'subjects/ours.ts', args: [ours.folder], load },
    { name: 'ceiling', file: 'subjects/bare_send.ts', args: [bare.path], load },
    { name: 'our actions, bare http', file: 'subjects/actions.ts', args: [actions.folder, 'send'], load },
  ];
}

export function benchSend({ rounds, seconds }: Options): Promise<void> {
  return inTemporary(async (directory) => {
    await withSubjects(await sendPlans(directory), async (subjects) => {
      await requireSameAnswers(subjects);
      const measured = await measure(subjects, rounds, seconds);
      const [ours, ceiling, actions] = measured;
      console.log('\nsend a message, durable, 64 connections, 8 rooms');
      console.log(measuredTable(measured));
      console.log(verdict('our server / ceiling', compared(ours, ceiling), { least: 0.75 }));
      console.log(verdict('our server / our actions', compared(ours, actions)));
      console.log(verdict('our actions / ceiling', compared(actions, ceiling)));
    });
  });
}
