import { type Child, startChild } from './child.ts';
import type { LoadOrder, LoadResult } from './load.ts';
import type { Ready, Sample } from './subjects/report.ts';

export const CONNECTIONS = 64;

/** What a subject is and what is asked of it. */
export interface SubjectPlan {
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly load: Pick<LoadOrder, 'method' | 'paths' | 'body'>;
}

export interface Round {
  /** Requests per CPU-second of the subject's process. */
  readonly perCpuSecond: number;
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  /** Requests in one transaction; 0 where nothing is written. */
  readonly perGroup: number;
}

export interface Measured {
  readonly name: string;
  readonly rounds: readonly Round[];
}

export interface Subject {
  readonly plan: SubjectPlan;
  readonly child: Child;
  readonly url: string;
  readonly tokens: readonly string[];
}

export async function startSubject(plan: SubjectPlan): Promise<Subject> {
  const child = startChild(plan.file, plan.args);
  const { port, tokens } = await child.next<Ready>();
  return { plan, child, tokens, url: `http://127.0.0.1:${port}` };
}

/**
 * Every subject is warmed up, then each is measured in turn, and again, for so many rounds: what slows the machine down for a
 * while meets all of them.
 */
export async function measure(subjects: readonly Subject[], rounds: number, seconds: number): Promise<Measured[]> {
  const load = startChild('load.ts');
  const results = subjects.map(() => [] as Round[]);
  try {
    for (const subject of subjects) await warmUp(load, subject, warmUpOf(rounds));
    for (let round = 0; round < rounds; round++) {
      for (const [place, subject] of subjects.entries())
        results[place]?.push(await measureOnce(load, subject, seconds));
    }
  } finally {
    await load.stop();
  }
  return subjects.map(({ plan }, place) => ({ name: plan.name, rounds: results[place] ?? [] }));
}

/** The compiler works in other threads of the process while code is new: all of it counts as the process's time. */
const WARM = { requests: 30_000, seconds: 30 };
export const warmUpOf = (rounds: number) => (rounds < 5 ? { requests: 10_000, seconds: 6 } : WARM);

export async function warmUp(load: Child, subject: Subject, { requests, seconds } = WARM): Promise<void> {
  const step = 2;
  let answered = 0;
  for (let spent = 0; answered < requests && spent < seconds; spent += step)
    answered += (await measureOnce(load, subject, step)).perSecond * step;
}

export async function measureOnce(load: Child, subject: Subject, seconds: number): Promise<Round> {
  const { plan, child, url, tokens } = subject;
  const before = await child.ask<Sample>('sample');
  const order: LoadOrder = { ...plan.load, url, tokens, seconds, connections: CONNECTIONS };
  const result = await load.ask<LoadResult>(order);
  const after = await child.ask<Sample>('sample');
  if (result.failures > 0) throw new Error(`${plan.name}: ${result.failures} requests were not answered with success`);
  const groups = after.groups - before.groups;
  return {
    perCpuSecond: (result.requests / (after.cpu - before.cpu)) * 1_000_000,
    perSecond: result.requests / result.seconds,
    p50: result.p50,
    p99: result.p99,
    perGroup: groups === 0 ? 0 : result.requests / groups,
  };
}

/** What the subject answers to its first request. */
export async function firstAnswer({ plan, url, tokens }: Subject): Promise<string> {
  const { method, paths, body } = plan.load;
  const path = paths[0]?.[0] ?? '/';
  const headers = {
    authorization: `Bearer ${tokens[0] ?? 'none'}`,
    'content-type': 'application/json',
    // Kept alive, it would be another one, and another person's, after some seconds.
    connection: 'close',
  };
  const response = await fetch(url + path, { method, headers, ...(body === undefined ? {} : { body }) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${plan.name} answered ${response.status}: ${text.slice(0, 500)}`);
  return text;
}

/** Throws unless every subject gives the same answer, but for what differs in each: so that the same work is compared. */
export async function requireSameAnswers(subjects: readonly Subject[]): Promise<void> {
  const answers = await Promise.all(subjects.map(firstAnswer));
  const same = answers.map((answer) =>
    answer.replace(/"(created|updated)_at":"[^"]+"/g, '"$1_at":"then"').replace(/"uuid":"msg-[^"]+"/g, '"uuid":"msg-"'),
  );
  const different = same.findIndex((answer) => answer !== same[0]);
  if (different === -1) return;
  const [first, other] = [subjects[0], subjects[different]].map((subject) => subject?.plan.name);
  throw new Error(`${first} and ${other} answer differently:\n${answers[0]}\n${answers[different]}`);
}

/** Starts the subjects, hands them to `work` and ends them, whatever happens. */
export async function withSubjects<T>(
  plans: readonly SubjectPlan[],
  work: (subjects: Subject[]) => Promise<T>,
): Promise<T> {
  const subjects: Subject[] = [];
  try {
    // One after another: those that read one database find it open.
    for (const plan of plans) subjects.push(await startSubject(plan));
    return await work(subjects);
  } finally {
    for (const { child } of subjects.reverse()) await child.stop();
  }
}
