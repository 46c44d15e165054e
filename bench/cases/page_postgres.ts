import { startChild } from '../child.ts';
import {
  type Installation,
  type InstallationRound,
  type Measuring,
  measureInstallation,
  warmUpInstallation,
  withInstallations,
} from '../installation.ts';
import { cpuPerRequest, installationTable, ratesCompared } from '../installation_table.ts';
import { CONNECTIONS } from '../measure.ts';
import type { Options } from '../options.ts';
import { type DurablePostgres, skipped, withPostgres } from '../postgres/durable.ts';
import { findPgbench, type PgbenchOrder, runPgbench, scriptOf } from '../postgres/pgbench.ts';
import { recordPages } from '../postgres/record_page.ts';
import { cpuOfEnded } from '../process_cpu.ts';
import { seedPostgres } from '../seed/seeded_postgres.ts';
import { FIRST_PERSON, PEOPLE } from '../seed/shape.ts';
import { verdict } from '../table.ts';
import { inTemporary } from '../temporary.ts';
import { get, path } from './page.ts';
import { newestPage } from './page_requests.ts';
import { nodesPlan } from './send_postgres.ts';

const WHAT = 'pages on PostgreSQL beside pgbench';
/** As many connections as the server reads through. */
const POOL = 10;

export function benchPagePostgres(options: Options): Promise<void> {
  return withPostgres(WHAT, async (postgres) => {
    const program = findPgbench(postgres.bin);
    if (program === undefined) return skipped(WHAT, [`no pgbench among the programs in ${postgres.bin}`]);
    await inTemporary((directory) => benchNewest(directory, postgres, program, options));
  });
}

/** What a page asks of PostgreSQL, as a script. */
export async function pageScript(url: string): Promise<string> {
  const [one, other] = await recordPages(url);
  return scriptOf(one, other, { from: FIRST_PERSON, to: FIRST_PERSON + PEOPLE - 1 });
}

async function benchNewest(
  directory: string,
  postgres: DurablePostgres,
  program: string,
  { messages, rounds, seconds }: Options,
) {
  const url = await postgres.create('page');
  await seedPostgres(url, { messages, rooms: 1, joined: 1 });
  const order = { program, url, seconds, script: await pageScript(url) };
  const measuring: Measuring = { rounds, seconds, load: get(newestPage(path)), databaseCpu: postgres.cpu };
  await withInstallations([nodesPlan('our server', directory, url, 1)], async ([ours]) => {
    const served: InstallationRound[] = [];
    const [many, few]: [InstallationRound[], InstallationRound[]] = [[], []];
    await byTurns(ours as Installation, measuring, served, async () => {
      many.push(await direct(directory, { ...order, clients: CONNECTIONS }, postgres));
      few.push(await direct(directory, { ...order, clients: POOL }, postgres));
    });
    const measured = [
      { name: 'our server', rounds: served },
      { name: `pgbench, ${CONNECTIONS} connections`, rounds: many },
      { name: `pgbench, ${POOL} connections`, rounds: few },
    ] as const;
    console.log(`\nnewest page of 50 messages with reactions, of ${messages}, on PostgreSQL beside its own SQL`);
    console.log(installationTable(measured));
    for (const other of measured.slice(1))
      console.log(verdict(`our server / ${other.name}, pages a second`, ratesCompared(measured[0], other)));
    for (const one of measured) console.log(`  ${cpuPerRequest(one)}`);
  });
}

async function byTurns(
  ours: Installation,
  measuring: Measuring,
  served: InstallationRound[],
  other: () => Promise<void>,
) {
  const load = startChild('load.ts');
  try {
    await warmUpInstallation([load], ours, measuring);
    for (let round = 0; round < measuring.rounds; round++) {
      served.push(await measureInstallation([load], ours, measuring));
      await other();
    }
  } finally {
    await load.stop();
  }
}

async function direct(directory: string, order: PgbenchOrder, { cpu }: DurablePostgres): Promise<InstallationRound> {
  const [databaseBefore, before] = [cpu(), cpuOfEnded()];
  const perSecond = await runPgbench(directory, order);
  const since = (now: number | undefined, then: number | undefined) =>
    now === undefined || then === undefined ? undefined : (now - then) / 1_000 / order.seconds;
  const load = since(cpuOfEnded(), before) ?? 0;
  return {
    perSecond,
    p99: undefined,
    perGroup: 0,
    cores: { servers: 0, database: since(cpu(), databaseBefore), load },
  };
}
