import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PostgresServer, postgresVersion, startPostgres } from './postgres_server.ts';
import { notRun, runWithout } from './programs.ts';
import { type StoreProcess, startStore } from './s3/store_process.ts';
import { isWholeSuite, notReached } from './whole_suite.ts';

// The test runner's global setup: it runs once, in the runner's process, and the test files inherit the environment.
// TEST_POSTGRES_URL and TEST_S3_URL name servers to use; otherwise each is started for this run and stopped after it.

const required = process.env.VEZA_REQUIRE_SERVICES === '1';
let started: PostgresServer | null = null;
let store: StoreProcess | undefined;
let recordDir = '';

export async function globalSetup(): Promise<void> {
  await Promise.all([findPostgres(), findStore()]);
  recordDir = await mkdtemp(join(tmpdir(), 'veza-test-record-'));
  process.env.VEZA_TEST_RECORD = join(recordDir, 'record');
  await writeFile(process.env.VEZA_TEST_RECORD, '');
}

async function findPostgres(): Promise<void> {
  const given = process.env.TEST_POSTGRES_URL;
  if (given) {
    process.env.VEZA_TEST_POSTGRES_URL = given;
    console.log(`Tests on ${await postgresVersion(given)} (TEST_POSTGRES_URL)`);
    return;
  }
  delete process.env.VEZA_TEST_POSTGRES_URL;
  const { server, reasons } = await startPostgres();
  if (server) {
    started = server;
    process.env.VEZA_TEST_POSTGRES_URL = server.url;
    console.log(`Tests on ${server.origin}`);
    return;
  }
  if (required) throw new Error(`VEZA_REQUIRE_SERVICES=1 and no PostgreSQL: ${reasons.join('; ')}`);
  shout([
    'NO POSTGRESQL: nothing in this run is tested on it.',
    ...reasons,
    'Install PostgreSQL or set TEST_POSTGRES_URL.',
  ]);
}

/** An S3 API, by an address with its pair of keys in it. */
async function findStore(): Promise<void> {
  const given = process.env.TEST_S3_URL;
  if (given) {
    process.env.VEZA_TEST_S3_URL = given;
    console.log('Tests on the S3 store of TEST_S3_URL');
    return;
  }
  delete process.env.VEZA_TEST_S3_URL;
  try {
    store = await startStore();
    process.env.VEZA_TEST_S3_URL = store.url;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (required) throw new Error(`VEZA_REQUIRE_SERVICES=1 and no S3 store: ${reason}`);
    shout(['NO S3 STORE: nothing in this run is tested on it.', reason, 'Run npm ci or set TEST_S3_URL.']);
  }
}

export async function globalTeardown(): Promise<void> {
  await Promise.all([started?.stop(), store?.stop()]);
  const record = (await readFile(join(recordDir, 'record'), 'utf8')).split('\n');
  await rm(recordDir, { recursive: true, force: true });
  const without = runWithout(record);
  if (without.length > 0) shout(['NOT TRIED, because something is missing here:', ...without]);
  // This set-up's own test says nothing of the server.
  if (required && !record.some((line) => line.startsWith('database ') && !line.endsWith('/services.test.ts'))) {
    shout(['VEZA_REQUIRE_SERVICES=1, but no test ran the server on PostgreSQL.']);
    process.exitCode = 1;
  }
  if (isWholeSuite(process.argv.slice(1), process.execArgv)) refuseGaps(record);
}

function refuseGaps(record: string[]): void {
  const gaps = [...notReached(record), ...(required ? notRun(record).map((name) => `used ${name}`) : [])];
  if (gaps.length === 0) return;
  shout(['No test has', ...gaps.map((gap) => `  ${gap}`)]);
  process.exitCode = 1;
}

function shout(lines: string[]): void {
  const bar = '='.repeat(100);
  console.error([bar, ...lines, bar].join('\n'));
}
