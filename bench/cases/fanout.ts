import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Child, startChild } from '../child.ts';
import { type Subject, type SubjectPlan, startSubject } from '../measure.ts';
import type { Options } from '../options.ts';
import { seedCrowd } from '../seed/crowd.ts';
import { FIRST_ROOM } from '../seed/shape.ts';
import type { FanResult, PaceResult, ReturnResult } from '../sockets.ts';
import { ratios, type Spread, spreadOf } from '../statistics.ts';
import type { Sample } from '../subjects/report.ts';
import { columns, verdict } from '../table.ts';
import { inTemporary } from '../temporary.ts';

const CROWDS = [1_000, 5_000];
const IDLE = { people: 10_000, rooms: 200, each: 20 };
/** Long messages: what the system keeps for a reader that does not read is less than all of them. */
const STALLING = { people: 1_000, stalled: 50, messages: 5_000, perSecond: 50, length: 1_900 };
/** One alone, and several that are committed, and told, together. */
const WINDOWS = [1, 4];
const MIB = 1024 * 1024;
const PACED_PER_SECOND = 10;
const path = `/api/v1/rooms/${FIRST_ROOM}/messages`;
const load: SubjectPlan['load'] = { method: 'POST', paths: [[path]], body: undefined };

/** What a message in a room is as a frame of ours, byte for byte as long. */
const FRAME = JSON.stringify({
  type: 'room_message',
  data: {
    ...{ message_id: 1000, room_id: FIRST_ROOM, id: 1000, author_id: 1000, username: 'crowd_0' },
    ...{ content: 'The kettle belongs to whoever last filled it, says the platform team.', parent_id: null },
    ...{ thread_count: 0, is_pinned: false, is_edited: false, created_at: '2026-01-01T00:00:00.000Z', reactions: [] },
    ...{ mention_count: 0, mentions: [], attachments: [], reply_to_id: null, is_deleted: false, metadata: {} },
    ...{ seq: 1000, version: 1, room_name: 'Room 0', event_id: '1000' },
  },
});

export async function benchFanout({ rounds, seconds }: Options): Promise<void> {
  for (const people of CROWDS)
    await inTemporary(async (directory) => {
      await seedCrowd(directory, { people, rooms: 1, each: 1 });
      await compareFanouts(directory, people, rounds, seconds);
    });
  await inTemporary(async (directory) => {
    await seedCrowd(directory, { people: STALLING.people, rooms: 1, each: 1 });
    await stallSome(directory);
  });
  await inTemporary(async (directory) => {
    await seedCrowd(directory, IDLE);
    await holdIdle(directory);
  });
}

interface Crowded {
  readonly subject: Subject;
  readonly sockets: Child;
}

async function crowded(plan: SubjectPlan, count: number): Promise<Crowded> {
  const subject = await startSubject(plan);
  const sockets = startChild('sockets.ts');
  const { tokens } = subject;
  await sockets.ask({ do: 'open', port: portOf(subject), tokens, count });
  return { subject, sockets };
}

const portOf = ({ url }: Subject): number => Number(new URL(url).port);

async function end({ subject, sockets }: Crowded): Promise<void> {
  await sockets.stop();
  await subject.child.stop();
}

async function compareFanouts(directory: string, people: number, rounds: number, seconds: number): Promise<void> {
  const ours = await crowded(
    { name: 'our server', file: 'subjects/crowd.ts', args: [directory, `${people}`], load },
    people,
  );
  const bare = await crowded({ name: 'bare ws', file: 'subjects/bare_socket.ts', args: [FRAME], load }, people);
  try {
    for (const window of WINDOWS) await compareOnce([ours, bare], { people, rounds, seconds, window });
    await showPaced(ours, people);
  } finally {
    for (const subject of [ours, bare]) await end(subject);
  }
}

interface Comparison {
  readonly people: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly window: number;
}

async function compareOnce(subjects: readonly Crowded[], { people, rounds, seconds, window }: Comparison) {
  const rates = subjects.map(() => [] as number[]);
  const perSecond = subjects.map(() => [] as number[]);
  for (let round = -1; round < rounds; round++)
    for (const [place, subject] of subjects.entries()) {
      const { perCpu, perClock } = await fanOnce(subject, seconds, window);
      // The first warms up.
      if (round < 0) continue;
      rates[place]?.push(perCpu);
      perSecond[place]?.push(perClock);
    }
  console.log(`\nfan-out to ${people} sockets in one room, ${window} messages under way at a time`);
  console.log(
    columns([
      ['', 'frames/CPU-s', 'min–max', 'frames/s'],
      ...subjects.map(({ subject }, place) => row(subject.plan.name, rates[place] ?? [], perSecond[place] ?? [])),
    ]),
  );
  console.log(verdict('our server / bare ws', spreadOf(ratios(rates[0] ?? [], rates[1] ?? [])), { least: 0.8 }));
}

async function fanOnce({ subject, sockets }: Crowded, seconds: number, window: number) {
  const before = await subject.child.ask<Sample>('sample');
  const token = subject.tokens[0] ?? 'x'.repeat(380);
  const result = await sockets.ask<FanResult>({ do: 'fan', port: portOf(subject), path, token, seconds, window });
  const after = await subject.child.ask<Sample>('sample');
  return {
    perCpu: (result.deliveries / (after.cpu - before.cpu)) * 1_000_000,
    perClock: result.deliveries / result.seconds,
  };
}

async function showPaced({ subject, sockets }: Crowded, people: number): Promise<void> {
  const order = {
    do: 'pace',
    port: portOf(subject),
    path,
    token: subject.tokens[0] ?? '',
    stalled: 0,
    length: 70,
  } as const;
  const { p50, p99 } = await sockets.ask<PaceResult>({ ...order, messages: 50, perSecond: PACED_PER_SECOND });
  console.log(
    `  ${PACED_PER_SECOND} messages a second to ${people} sockets, from the request to each receipt: ` +
      `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`,
  );
}

/** Some stop reading, in the middle of a talk: they are cut off, the others notice nothing, and they miss nothing. */
async function stallSome(directory: string): Promise<void> {
  const { people, stalled, messages, perSecond, length } = STALLING;
  const ours = await crowded(
    { name: 'our server', file: 'subjects/crowd.ts', args: [directory, `${people}`], load },
    people,
  );
  const { subject, sockets } = ours;
  const port = portOf(subject);
  const order = { do: 'pace', port, path, token: subject.tokens[0] ?? '', perSecond, length } as const;
  try {
    const usual = await sockets.ask<PaceResult>({ ...order, messages: messages / 5, stalled: 0 });
    const before = residentOf(subject.child.pid);
    const during = await sockets.ask<PaceResult>({ ...order, messages, stalled });
    const after = residentOf(subject.child.pid);
    const all = messages + messages / 5;
    const coming = { do: 'return', port, tokens: subject.tokens, messages: all } as const;
    const { cutOff, repeated } = await sockets.ask<ReturnResult>(coming);
    console.log(
      `\n${stalled} of ${people} sockets stop reading while ${messages} messages go out, ${perSecond} a second`,
    );
    const ratio = during.p99 / usual.p99;
    console.log(`  the others: p99 ${usual.p99.toFixed(1)} ms before, ${during.p99.toFixed(1)} ms meanwhile`);
    console.log(verdict('p99 meanwhile / before', spreadOf([ratio]), { most: 2 }));
    console.log(
      `  resident memory ${Math.round(before / MIB)} MiB before, ${Math.round(after / MIB)} MiB after; ` +
        `${cutOff} were cut off; all ${stalled} have every message in the end, ${repeated} of them twice`,
    );
  } finally {
    await end(ours);
  }
}

function row(name: string, rates: readonly number[], clock: readonly number[]): string[] {
  const spread = spreadOf(rates);
  const whole = (figure: number) => `${Math.round(figure)}`;
  return [name, whole(spread.median), `${whole(spread.min)}–${whole(spread.max)}`, whole(spreadOf(clock).median)];
}

async function holdIdle(directory: string): Promise<void> {
  const { people, rooms, each } = IDLE;
  const ours = await crowded(
    { name: 'our server', file: 'subjects/crowd.ts', args: [directory, `${people}`], load },
    people,
  );
  try {
    // Until what the handshakes left has been collected.
    await new Promise((resolve) => setTimeout(resolve, 10_000));
    const bytes = residentOf(ours.subject.child.pid);
    const spread: Spread = { median: bytes / MIB, min: bytes / MIB, max: bytes / MIB };
    console.log(`\n${people} idle sockets of people in ${each} of ${rooms} rooms each`);
    console.log(verdict('resident memory in MiB', spread, { most: 300 }, (figure) => `${Math.round(figure)}`));
  } finally {
    await end(ours);
  }
}

function residentOf(pid: number | undefined): number {
  const status = readFileSync(join('/proc', `${pid}`, 'status'), 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? Number.NaN) * 1024;
}
