import { errorTable } from '../errors.ts';
import { table } from './table.ts';

/** docs/errors.md */
export function errorsDocument(): string {
  const rows = Object.entries(errorTable).map(([code, [status, english, french]]) => [
    `\`${code}\``,
    `${status}`,
    english,
    french,
  ]);
  return `# Errors

Printed from \`server/src/errors.ts\`. A refusal is \`{"success": false, "error": {code, message, details, timestamp, request_id}}\`. \`code\` does not
change; \`message\` is for people, in French for those whose \`Accept-Language\` prefers it, else in English.

${table(['code', 'status', 'English', 'French'], rows)}
## details

\`VALIDATION_FAILED\` names the first fault in \`details.field\` and \`details.reason\`, and all of them in \`details.errors: [{field, reason}]\`. Reasons say what is
wrong in a word: \`required\`, \`unknown_field\`, \`wrong_type\`, \`too_small\`, \`too_large\`, \`too_short\`, \`too_long\`, \`too_few\`, \`too_many\`, \`not_one_of\`, \`pattern\`,
\`format\`, \`repeated\`, \`forbidden_character\`, \`malformed_encoding\`, \`malformed_json\`, \`malformed_gzip\`, \`not_utf8\`, \`too_deep\`, and what else a rule calls its breach. Beside
it stands what would do: \`expected\`, \`minimum\`, \`maximum\`, \`min_length\`, \`max_length\`, \`allowed\`.

\`PERMISSION_DENIED\` always has \`details.required\` and \`details.your_role\`. \`RATE_LIMIT_EXCEEDED\` has \`details.scope\`, \`limit\`, \`window\` and \`retry_after\`, in seconds;
the last is also the \`Retry-After\` header. \`INTERNAL_ERROR\` says nothing more: its \`request_id\` finds the cause in the server's log.
`;
}
