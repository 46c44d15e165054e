import { join } from 'node:path';
import { test } from 'node:test';
import { get, pagePlans, path } from './cases/page.ts';
import { sendPlans } from './cases/send.ts';
import { requireSameAnswers, type SubjectPlan, withSubjects } from './measure.ts';
import { seed } from './seed/seeded.ts';
import { inTemporary } from './temporary.ts';

// A ceiling that did other work than the server would be none: it must run its statements (it checks that itself) and give its answers.
const same = (plans: readonly SubjectPlan[]) =>
  withSubjects(plans, async (subjects) => {
    await requireSameAnswers(subjects);
    // What is kept in memory by now is answered alike as well.
    await requireSameAnswers(subjects);
  });

test('the ceiling of sending answers what the server does', () =>
  inTemporary(async (directory) => same(await sendPlans(directory, { messages: 800, rooms: 8, joined: 8 }))));

test('the ceiling of a page answers what the server does', () =>
  inTemporary(async (directory) => {
    const large = await seed(join(directory, 'large'), { messages: 10_000, rooms: 1, joined: 1 });
    await same(pagePlans({ large }));
    await same(pagePlans({ large }, get([[`${path}?before_id=5000`]])));
  }));
