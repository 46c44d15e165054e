import { stripVTControlCharacters } from 'node:util';
import { type ArgsDef, type CommandDef, defineCommand, renderUsage, runCommand } from 'citty';
import { version } from '../version.ts';
import { adminCreate, adminResetPassword } from './admin.ts';
import { auditVerify } from './audit.ts';
import { CommandFailed, type ExitCode, exitCodes } from './exit.ts';
import { listen } from './listen.ts';
import { migrate } from './migrate.ts';
import type { Terminal } from './terminal.ts';

type Command = CommandDef<ArgsDef>;

function commandsOf(terminal: Terminal): ReadonlyMap<string, Command> {
  const start = defineCommand({
    meta: { name: 'start', description: 'Start the server, as `npm start` does' },
    run: () => terminal.start(),
  });
  const admin = [adminCreate(terminal), adminResetPassword(terminal)];
  const all = [start, ...admin, auditVerify(terminal), migrate(terminal), listen(terminal)] as Command[];
  return new Map(all.map((command) => [nameOf(command), command]));
}

const metaOf = ({ meta }: Command) => meta as { name: string; description: string };
const nameOf = (command: Command) => metaOf(command).name;
const argsOf = ({ args }: Command) => (args ?? {}) as ArgsDef;

/** Runs the command that the arguments name; resolves with the exit code. Whatever went wrong has been said. */
export async function runVeza(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const commands = commandsOf(terminal);
  try {
    const [first = '--help'] = args;
    if (['--help', '-h', 'help'].includes(first)) terminal.print(overview(commands));
    else if (['--version', '-v'].includes(first)) terminal.print(version);
    else await runNamed(commands, args, terminal);
    return exitCodes.ok;
  } catch (error) {
    const { code, lines } = failureOf(error);
    for (const line of lines) terminal.warn(line.startsWith('configuration: ') ? line : `veza: ${line}`);
    return code;
  }
}

async function runNamed(commands: ReadonlyMap<string, Command>, args: readonly string[], terminal: Terminal) {
  const words = [args.slice(0, 2).join(' '), args[0] as string];
  const name = words.find((word) => commands.has(word));
  const command = commands.get(name ?? '');
  if (name === undefined || !command) throw usageFault(`there is no command \`${words[0]}\``);
  const rawArgs = args.slice(name.split(' ').length);
  if (rawArgs.some((arg) => arg === '--help' || arg === '-h')) {
    terminal.print(stripVTControlCharacters(await renderUsage(command, { meta: { name: 'veza' } })));
    return;
  }
  refuseUnknown(command, rawArgs);
  await runCommand(command, { rawArgs });
}

const usageFault = (what: string) => new CommandFailed(exitCodes.usage, `${what}; see \`veza --help\``);

/** What a command does not know it must not pass over: it may be a misspelt option that was meant to matter. */
function refuseUnknown(command: Command, rawArgs: readonly string[]): void {
  const known = argsOf(command);
  let positionals = Object.values(known).filter(({ type }) => type === 'positional').length;
  for (let place = 0; place < rawArgs.length; place++) {
    const arg = rawArgs[place] as string;
    const [, option, value] = /^--([^=]+)(=.*)?$/s.exec(arg) ?? [];
    const type = option === undefined ? undefined : known[option]?.type;
    if (option !== undefined && (type === undefined || type === 'positional'))
      throw usageFault(`there is no option \`--${option}\``);
    if (option === undefined && arg.startsWith('-')) throw usageFault(`there is no option \`${arg}\``);
    if (type === 'string' && value === undefined) place++;
    if (option === undefined && positionals-- === 0) throw usageFault(`\`${arg}\` is one argument too many`);
  }
}

function failureOf(error: unknown): { code: ExitCode; lines: readonly string[] } {
  if (error instanceof CommandFailed) return error;
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  if (name === 'CLIError') return usageFault(message.charAt(0).toLowerCase() + message.slice(1));
  return { code: exitCodes.internal, lines: [stack ?? message] };
}

/** Everything there is, in one look. */
function overview(commands: ReadonlyMap<string, Command>): string {
  const lines = [...commands.values()].map((command) => {
    const positionals = Object.entries(argsOf(command)).filter(([, { type }]) => type === 'positional');
    const shown = [nameOf(command), ...positionals.map(([name]) => name.toUpperCase())].join(' ');
    return `  ${shown.padEnd(30)}${metaOf(command).description}`;
  });
  return [
    `Veza Chat Server ${version}`,
    '',
    'veza COMMAND',
    ...lines,
    '',
    '  COMMAND --help                what it takes',
    '  --version                     which version this is',
    '',
    'Settings come from the environment, as the server takes them: DATA_DIR says where its data are.',
    'Exit codes: 0 done, 64 usage, 65 wrong data, 67 no such account, 69 no database, 75 a server runs, 77 not let in, 78 configuration.',
  ].join('\n');
}
