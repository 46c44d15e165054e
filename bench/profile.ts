import { join } from 'node:path';
import { pagePlans } from './cases/page.ts';
import { sendPlans } from './cases/send.ts';
import { startChild } from './child.ts';
import { type Cost, type CpuProfile, costsOf } from './cpu_profile.ts';
import { measureOnce, type SubjectPlan, startSubject, warmUp } from './measure.ts';
import { seed } from './seed/seeded.ts';
import { columns } from './table.ts';
import { inTemporary } from './temporary.ts';

// What bounds us: `node bench/profile.ts send|page [ceiling]` prints where the time of a process under load goes.
const SECONDS = 8;
const SHOWN = 40;
const root = join(import.meta.dirname, '..');
const [, , path = '', subject = 'our server'] = process.argv;

async function plansOf(directory: string): Promise<SubjectPlan[]> {
  if (path === 'send') return sendPlans(directory);
  return pagePlans({ large: await seed(join(directory, 'large'), { messages: 1_000_000, rooms: 1, joined: 1 }) });
}

async function profile(directory: string): Promise<void> {
  const plans = await plansOf(directory);
  const [first, plan] = [plans[0] as SubjectPlan, plans.find(({ name }) => name === subject)];
  if (!plan) throw new Error(`A subject is one of ${plans.map(({ name }) => name).join(', ')}`);
  // The database of a page is the server's: it is opened once, so that the ceiling can read it.
  if (plan !== first) await (await startSubject(first)).child.stop();
  const started = await startSubject(plan);
  const load = startChild('load.ts');
  try {
    await warmUp(load, started);
    await started.child.ask('profile');
    const round = await measureOnce(load, started, SECONDS);
    print(plan.name, round.perCpuSecond, await started.child.ask<CpuProfile>('profiled'));
  } finally {
    await load.stop();
    await started.child.stop();
  }
}

function print(name: string, perCpuSecond: number, profiled: CpuProfile) {
  const { functions, files } = costsOf(profiled, root);
  console.log(`${name}: ${Math.round(perCpuSecond)} requests per CPU-second while profiled`);
  console.log(`\nself time by file or package\n${listed(files)}\n\nby function\n${listed(functions)}`);
}

function listed(costs: readonly Cost[]): string {
  return columns(costs.slice(0, SHOWN).map(({ name, share }) => [name, `${(share * 100).toFixed(1)} %`]));
}

if (path !== 'send' && path !== 'page') {
  console.error('node bench/profile.ts send|page [subject]');
  process.exit(2);
}
await inTemporary(profile);
