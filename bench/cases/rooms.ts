import { dirname, join } from 'node:path';
import { firstAnswer, measure, type SubjectPlan, withSubjects } from '../measure.ts';
import type { Options } from '../options.ts';
import { seed } from '../seed/seeded.ts';
import type { Shape } from '../seed/shape.ts';
import { compared, measuredTable, verdict } from '../table.ts';
import { inTemporary } from '../temporary.ts';

const JOINED = 100;
const lists = [
  { name: 'the rooms one is in', path: '/api/v1/rooms?filter=joined&limit=100' },
  { name: 'the rooms one sees', path: '/api/v1/rooms?limit=100' },
];

function shapes(messages: number): { name: string; shape: Shape }[] {
  return [
    { name: 'in 100 of 100, 1 000 messages', shape: { messages: 1_000, rooms: JOINED, joined: JOINED } },
    { name: 'in 100 of 10 000, 100 000 messages', shape: { messages: 100_000, rooms: 10_000, joined: JOINED } },
    { name: `in 100 of 100, ${messages} messages`, shape: { messages, rooms: JOINED, joined: JOINED } },
  ];
}

export function benchRooms({ messages, rounds, seconds }: Options): Promise<void> {
  return inTemporary(async (directory) => {
    const seeded: { name: string; folder: string }[] = [];
    for (const [place, { name, shape }] of shapes(messages).entries())
      seeded.push({ name, folder: dirname(await seed(join(directory, String(place)), shape)) });
    for (const { name: list, path } of lists) {
      const load: SubjectPlan['load'] = { method: 'GET', paths: [[path]], body: undefined };
      const plans = seeded.map(({ name, folder }) => ({ name, file: 'subjects/ours.ts', args: [folder], load }));
      await withSubjects(plans, async (subjects) => {
        for (const subject of subjects) requireFull(await firstAnswer(subject));
        const [base, manyRooms, manyMessages] = await measure(subjects, rounds, seconds);
        console.log(`\nlist of 100 rooms with what is unread: ${list}`);
        console.log(measuredTable([base, manyRooms, manyMessages].filter((one) => one !== undefined)));
        console.log(verdict('many rooms / few', compared(manyRooms, base), { least: 0.8 }));
        console.log(verdict('many messages / few', compared(manyMessages, base), { least: 0.8 }));
      });
    }
  });
}

function requireFull(answer: string) {
  const { data } = JSON.parse(answer) as { data: { rooms: unknown[] } };
  if (data.rooms.length !== JOINED) throw new Error(`${data.rooms.length} rooms were listed where ${JOINED} are`);
}
