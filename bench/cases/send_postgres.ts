import { join } from 'node:path';
import { type InstallationPlan, measureInstallations, withInstallations } from '../installation.ts';
import { installationTable, ratesCompared } from '../installation_table.ts';
import { requireSameAnswers } from '../measure.ts';
import type { Options } from '../options.ts';
import { type DurablePostgres, withPostgres } from '../postgres/durable.ts';
import { seedPostgres } from '../seed/seeded_postgres.ts';
import { verdict } from '../table.ts';
import { inTemporary } from '../temporary.ts';
import { load, shape } from './send.ts';

const TEMPLATE = 'seeded';
const counts = [1, 2, 4];

/** One process, and the same statements ungrouped; each writes into a database of its own. */
export function alonePlans(directory: string, ours: string, bare: string): InstallationPlan[] {
  return [
    nodesPlan('our server', directory, ours, 1),
    {
      name: 'ungrouped transactions',
      nodes: [{ name: 'ungrouped transactions', file: 'subjects/bare_send_alone.ts', args: [bare], load }],
    },
  ];
}

export function nodesPlan(name: string, directory: string, url: string, count: number): InstallationPlan {
  const folder = (place: number) => join(directory, `${count}-${place}`);
  const nodes = Array.from({ length: count }, (_, place) => ({
    name: `${name}, ${place + 1} of ${count}`,
    file: 'subjects/node.ts',
    args: [folder(place), url],
    load,
  }));
  return { name, nodes };
}

export function benchSendPostgres(options: Options): Promise<void> {
  return withPostgres('sends, durable, on PostgreSQL', (postgres) =>
    inTemporary(async (directory) => {
      await seedPostgres(await postgres.create(TEMPLATE), shape);
      await benchGrouping(directory, postgres, options);
      await benchNodes(directory, postgres, options);
    }),
  );
}

async function benchGrouping(directory: string, postgres: DurablePostgres, { rounds, seconds }: Options) {
  const [ours, bare] = [await postgres.create('ours', TEMPLATE), await postgres.create('bare', TEMPLATE)];
  await withInstallations(alonePlans(directory, ours, bare), async (installations) => {
    await requireSameAnswers(installations.flatMap(({ nodes }) => nodes));
    const measured = await measureInstallations(installations, { rounds, seconds, load, databaseCpu: postgres.cpu });
    const [grouped, ungrouped] = measured;
    console.log('\nsends, durable, on PostgreSQL: one process, 64 connections, 8 rooms');
    console.log(installationTable(measured));
    console.log(verdict('our server / ungrouped, messages a second', ratesCompared(grouped, ungrouped), { least: 3 }));
  });
}

const places = [
  { name: '8 rooms', paths: load.paths },
  { name: 'one room', paths: load.paths.slice(0, 1) },
];

async function benchNodes(directory: string, postgres: DurablePostgres, { rounds, seconds }: Options) {
  const plans: InstallationPlan[] = [];
  for (const count of counts) {
    const url = await postgres.create(`nodes_${count}`, TEMPLATE);
    plans.push(nodesPlan(count === 1 ? '1 process' : `${count} processes`, directory, url, count));
  }
  await withInstallations(plans, async (installations) => {
    for (const { name, paths } of places) {
      const measured = await measureInstallations(installations, {
        rounds,
        seconds,
        load: { ...load, paths },
        databaseCpu: postgres.cpu,
      });
      const [one, ...more] = measured;
      console.log(`\nsends, durable, by as many processes on one PostgreSQL: 64 connections in all, ${name}`);
      console.log(installationTable(measured));
      for (const several of more) console.log(verdict(`${several.name} / ${one?.name}`, ratesCompared(several, one)));
    }
  });
}
