import { dirname, join } from 'node:path';
import { firstAnswer, measure, type SubjectPlan, withSubjects } from '../measure.ts';
import type { Options } from '../options.ts';
import { seed } from '../seed/seeded.ts';
import { FIRST_ROOM, HISTORY_END } from '../seed/shape.ts';
import { compared, measuredTable, verdict } from '../table.ts';
import { inTemporary } from '../temporary.ts';

const SMALL = 10_000;
/** More than wrote in any hour of the small history, and fewer than in a day of the large one. */
const history = { days: 90, authors: 500 };
const readings = [
  { name: 'a room, 7d', path: `/api/v1/rooms/${FIRST_ROOM}/stats?period=7d` },
  { name: 'a room, 90d', path: `/api/v1/rooms/${FIRST_ROOM}/stats?period=90d` },
  { name: 'the server', path: '/api/v1/admin/stats' },
];

/** Both hold 90 days of the same people: what differs is how much was said. */
export function benchStatistics({ messages, rounds, seconds }: Options): Promise<void> {
  return inTemporary(async (directory) => {
    const folders: string[] = [];
    for (const count of [SMALL, messages])
      folders.push(dirname(await seed(join(directory, `${count}`), { messages: count, rooms: 1, joined: 1, history })));
    for (const { name, path } of readings) {
      const load: SubjectPlan['load'] = { method: 'GET', paths: [[path]], body: undefined };
      const plan = (folder: string, count: number): SubjectPlan => ({
        name: `our server, ${count}`,
        file: 'subjects/ours.ts',
        args: [folder, `${HISTORY_END}`],
        load,
      });
      await withSubjects([plan(folders[0] ?? '', SMALL), plan(folders[1] ?? '', messages)], async (subjects) => {
        for (const [place, subject] of subjects.entries())
          requireAllRead(await firstAnswer(subject), place === 0 ? SMALL : messages);
        const measured = await measure(subjects, rounds, seconds);
        console.log(`\nstatistics of ${name}, ${SMALL} and ${messages} messages of ${history.days} days`);
        console.log(measuredTable(measured));
        console.log(verdict('large / small', compared(measured[1], measured[0]), { least: 0.8 }));
      });
    }
  });
}

function requireAllRead(answer: string, messages: number) {
  const { data } = JSON.parse(answer) as { data: { messages?: { total: number }; message_count: number } };
  const count = data.messages?.total ?? data.message_count;
  if (count < messages / 14) throw new Error(`${count} messages were counted where there are ${messages} in all`);
}
