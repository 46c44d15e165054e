import { routes } from '../routes.ts';
import { accountLines, conversationLines, type Line, roomLines } from './permission_lines.ts';

export interface PermissionRow {
  /** `PUT /rooms/{room_id}`. */
  readonly route: string;
  /** What it is done to, or with. */
  readonly what: string;
  /** A status for each column. */
  readonly cells: readonly string[];
}

export interface PermissionTable {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly PermissionRow[];
}

/** The routes as the policy judges them for each kind of person. PATCH is PUT under another name and has no line of its own. */
export function permissionTables(): PermissionTable[] {
  return [
    { title: 'Rooms and what is in them', ...tableOf(roomLines) },
    { title: 'Direct conversations', ...tableOf(conversationLines) },
    { title: 'Account level', ...tableOf(accountLines) },
  ];
}

function tableOf(lines: (route: (typeof routes)[number]) => { columns: readonly string[]; lines: Line[] }) {
  const served = routes.filter(({ scope, method }) => scope !== 'public' && method !== 'PATCH');
  const found = served.map((route) => ({ route, ...lines(route) }));
  return {
    columns: found[0]?.columns ?? [],
    rows: found.flatMap(({ route, lines }) =>
      lines.map(({ what, cells }) => ({
        route: `${route.method} ${route.path.replace('/api/v1', '')}`,
        what,
        cells: cells.map((refused) => refused ?? successOf(Object.keys(route.answers))),
      })),
    ),
  };
}

/** What a change answers when nothing else is asked for: 204 of a deletion, 201 of a creation. */
function successOf(statuses: readonly string[]): string {
  return ['204', '201', '200'].find((status) => statuses.includes(status)) ?? '';
}

const intro = `# Who may do what

Printed from \`server/src/policy.ts\` by \`npm run generate\`. A cell is the status that a request without any other fault gets.

1. 401: nobody. 404: you may not know that it exists. 403: you can see it, but not do this; \`details.required\` says what is missing,
   \`details.your_role\` what you are. The 404 of a hidden thing and of one that never was are the same bytes, but for \`request_id\` and \`timestamp\`.
2. Ranks: member < room moderator < owner < server moderator < admin. One acts on a person or on someone's message only with a strictly higher
   rank, or on one's own. Nobody edits another's words.
3. A server moderator is a moderator in every public room without joining; a private room he is not in does not exist for him. An admin reads and
   administers every room, which is audited, and must join to write. A direct conversation is the two people's, and nobody else's.
4. Who is muted reads, leaves and deletes own messages, but does not send or edit. Who is banned gets 403 for everything under a public room, 404
   under a private one. A guest reads public rooms and profiles, and a private room he was put into. Who is suspended gets 401 everywhere.
5. A message follows its room or conversation. A deleted one is 404 for all.
6. A room always has exactly one owner. Losing a right ends what hung on it: webhooks of a former owner are disabled.

AN no valid token · GU guest · NP not in the public room · NX not in the private room · BP / BX banned from the public / private room · MB member ·
MU muted member · RM room moderator · OW owner · SP / SX server moderator, not in the public / private room · AD admin, not a member · US user ·
SM server moderator · SU suspended · TH third party · P1 participant · PB participant blocked by the other · PK participant who blocked.
`;

/** docs/permissions.md. */
export function permissionsDocument(): string {
  const sections = permissionTables().map(({ title, columns, rows }) => {
    const head = ['route', 'what', ...columns];
    const lines = [
      head,
      head.map(() => '---'),
      ...rows.map(({ route, what, cells }) => [`\`${route}\``, what, ...cells]),
    ];
    return `## ${title}\n\n${lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`;
  });
  return [intro, ...sections].join('\n');
}
