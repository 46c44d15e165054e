#!/usr/bin/env node
import { text } from 'node:stream/consumers';
import type { Terminal } from './cli/terminal.ts';

const terminal: Terminal = {
  environment: process.env,
  print: (line) => void process.stdout.write(`${line}\n`),
  warn: (line) => void process.stderr.write(`${line}\n`),
  progress: (line) => void (process.stderr.isTTY && process.stderr.write(`\r\u001b[2K${line}`)),
  readInput: () => text(process.stdin),
  interrupted: () => {
    const interrupt = new AbortController();
    const end = () => interrupt.abort();
    process.once('SIGINT', end).once('SIGTERM', end);
    return interrupt.signal;
  },
  start: async () => void (await import(new URL('./start.js', import.meta.url).href)),
};

const args = process.argv.slice(2);
if (args.length === 1 && args[0] === 'start') {
  // Neither the commands nor what reads their arguments is loaded into a server.
  await terminal.start();
} else {
  const { runVeza } = await import('./cli/run.ts');
  process.exitCode = await runVeza(args, terminal);
}
