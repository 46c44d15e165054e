import type { Reply } from '../harness/people.ts';
import { accountRows, conversationRows, type Row, roomRows } from './permissions_table.ts';
import { visibilitiesOf } from './permissions_world.ts';

const codes: Record<string, string> = {
  '400': 'VALIDATION_FAILED',
  '401': 'INVALID_TOKEN',
  '401c': 'INVALID_CREDENTIALS',
  '403': 'PERMISSION_DENIED',
  '403b': 'USER_BLOCKED',
  '404u': 'USER_NOT_FOUND',
  '404n': 'NOT_FOUND',
  '409': 'RESOURCE_CONFLICT',
  '422': 'UNPROCESSABLE',
};

const standings: Record<string, string> = {
  ...{ GU: 'guest', NP: 'none', BP: 'none', MB: 'member', MU: 'member', RM: 'moderator', OW: 'owner' },
  ...{ SP: 'server_moderator', AD: 'admin', US: 'user', SM: 'moderator' },
  ...{ P1: 'participant', PB: 'participant', PK: 'participant' },
};

function expectation(row: Row, actor: string, says: string): string {
  const [kind = '', named] = says.split(':');
  const status = kind.slice(0, 3);
  if (status < '400') return status;
  const code = codes[kind] ?? codes[status] ?? hiddenCode(row);
  if (status !== '403') return `${status} ${code}`;
  const special = { m: 'not_muted', r: 'higher_rank', b: 'not_blocked' }[kind.slice(3)];
  const missing = actor === 'BP' ? 'not_banned' : (named ?? special ?? row.required);
  return `403 ${code} ${missing} ${standings[actor]}`;
}

function hiddenCode({ path, what }: Row): string {
  if (path.startsWith('/webhooks/')) return 'WEBHOOK_NOT_FOUND';
  if (path.startsWith('/messages/')) return 'MESSAGE_NOT_FOUND';
  if (path.startsWith('/files/{')) return 'FILE_NOT_FOUND';
  if (what.endsWith('the conversation')) return 'CONVERSATION_NOT_FOUND';
  return path.startsWith('/conversations/') ? 'CONVERSATION_NOT_FOUND' : 'ROOM_NOT_FOUND';
}

/** One request: what is said to whom, and what the table says of it. */
export interface Cell {
  readonly row: Row;
  readonly actor: string;
  readonly place: string;
  readonly expected: string;
}

const allOf = (rows: readonly Row[], places: (actor: string) => readonly string[] = () => ['']): Cell[] =>
  rows.flatMap((row) =>
    row.cells.flatMap(({ actor, says }) =>
      places(actor).map((place) => ({ row, actor, place, expected: expectation(row, actor, says) })),
    ),
  );
export const cells = {
  rooms: allOf(roomRows, visibilitiesOf),
  conversations: allOf(conversationRows),
  accounts: allOf(accountRows),
};

export const nameOf = ({ actor, place }: Cell) => `${actor}${place && ` ${place}`}`;

/** What a reply said, in the words of the table. */
export function verdictOf({ status, error }: Reply): string {
  if (status < 400) return `${status}`;
  const { required, your_role } = error.details;
  return `${status} ${error.code}${status === 403 ? ` ${required} ${your_role}` : ''}`;
}
