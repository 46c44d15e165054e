import { runVeza } from '../../src/cli/run.ts';
import type { Terminal } from '../../src/cli/terminal.ts';

/** cli.ts on PostgreSQL, which no variable offers yet. */
const databaseUrl = process.env.TEST_DATABASE_URL;
if (!databaseUrl) throw new Error('TEST_DATABASE_URL names the database');
const terminal: Terminal = {
  environment: process.env,
  databaseUrl,
  print: (line) => void process.stdout.write(`${line}\n`),
  warn: (line) => void process.stderr.write(`${line}\n`),
  readInput: async () => '',
  interrupted: () => {
    const interrupt = new AbortController();
    const end = () => interrupt.abort();
    process.once('SIGINT', end).once('SIGTERM', end);
    return interrupt.signal;
  },
  start: async () => {},
};
process.exitCode = await runVeza(process.argv.slice(2), terminal);
