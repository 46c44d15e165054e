import { resolve } from 'node:path';
import { defineCommand } from 'citty';
import { literalOf } from '../adapters/outgoing/addresses.ts';
import { parseAddress } from '../address.ts';
import { starEvents, webhookEvents } from '../events.ts';
import { secretFault, urlFault } from '../modules/webhooks/input.ts';
import { makeSecret } from '../modules/webhooks/secrets.ts';
import { CommandFailed, exitCodes } from './exit.ts';
import { type Forwarding, forwardEvents } from './forward.ts';
import { withDatabase } from './open.ts';
import type { Terminal } from './terminal.ts';

const MAX_REPLAY = 10_000;
const MIN_SECRET = 16;

export const listen = (terminal: Terminal) =>
  defineCommand({
    meta: { name: 'listen', description: 'Forward events to a local address as signed webhooks, until Ctrl-C' },
    args: {
      'forward-to': { type: 'string', description: 'Where to.', valueHint: 'url', required: true },
      events: {
        type: 'string',
        description: 'These alone, separated by commas. Without it all that webhooks are told but direct messages.',
        valueHint: 'names',
      },
      replay: { type: 'string', description: 'Send the last so many of them first.', valueHint: 'count' },
      secret: { type: 'string', description: 'Signs what is sent; one is made otherwise.', valueHint: 'text' },
      'allow-remote': {
        type: 'boolean',
        description: 'Forward to another machine: events have the words of everybody in every room.',
      },
    },
    run: ({ args }) => {
      const asked = {
        url: targetOf(args['forward-to'], args['allow-remote'] === true),
        ...namesOf(args.events),
        replay: countOf(args.replay ?? '0'),
        secret: args.secret === undefined ? makeSecret() : checkedSecret(args.secret),
      };
      return withDatabase(terminal, (db, { DATA_DIR, DATABASE_URL }) => {
        const from = DATABASE_URL === undefined ? resolve(DATA_DIR) : 'PostgreSQL';
        return forwardEvents(db, { ...asked, from }, terminal);
      });
    },
  });

const wrong = (line: string) => new CommandFailed(exitCodes.usage, `${line}; see \`veza listen --help\``);

function targetOf(text: string, allowRemote: boolean): URL {
  const fault = urlFault(text, { WEBHOOK_ALLOW_HTTP: true });
  if (fault) throw wrong(`\`--forward-to\` has to be an http or https URL, and is refused: ${fault.reason}`);
  const url = new URL(text);
  if (!allowRemote && !isThisMachine(url))
    throw wrong(`${url.hostname} is not this machine, and \`--allow-remote\` was not given`);
  return url;
}

function isThisMachine(url: URL): boolean {
  return parseAddress(literalOf(url) ?? '')?.range() === 'loopback';
}

function namesOf(list: string | undefined): Pick<Forwarding, 'names' | 'shown'> {
  const known = Object.keys(webhookEvents);
  if (list === undefined) {
    const names = known.filter((name) => name !== 'direct_message_sent');
    return { names: new Set(names), shown: 'all but direct messages' };
  }
  const asked = list.split(',').map((name) => name.trim());
  const unknown = asked.filter((name) => name !== '*' && !known.includes(name));
  if (unknown.length > 0) {
    const what = unknown.map((name) => `\`${name}\``).join(', ');
    throw wrong(`no webhook is told of ${what}; there are ${known.join(', ')} and \`*\``);
  }
  return {
    names: new Set(asked.flatMap((name) => (name === '*' ? [...starEvents] : [name]))),
    shown: asked.join(', '),
  };
}

function countOf(text: string): number {
  const count = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (count <= MAX_REPLAY) return count;
  throw wrong(`\`--replay\` has to be a number up to ${MAX_REPLAY}`);
}

function checkedSecret(text: string): string {
  if (text.length < MIN_SECRET) throw wrong(`\`--secret\` has to have ${MIN_SECRET} characters or more`);
  const fault = secretFault(text);
  if (fault) throw wrong(`\`--secret\` is refused: ${fault.reason}`);
  return text;
}
