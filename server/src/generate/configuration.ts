import type { TSchema } from 'typebox';
import { defaultOf, expectation } from '../config.ts';
import { ConfigSchema } from '../config_schema.ts';
import { table } from './table.ts';

/** docs/configuration.md */
export function configurationDocument(): string {
  const rows = Object.entries(ConfigSchema.properties).map(([name, schema]) => {
    const { description = '' } = schema as { description?: string };
    return [`\`${name}\``, shown(schema), expectation(schema), description];
  });
  return `# Configuration

Printed from \`server/src/config.ts\`. The server reads the environment and nothing else; with none of these set it runs on SQLite under \`./data\`. A wrong value keeps it from
starting: all of them are named at once, and the process ends with 78. An empty variable counts as absent.

${table(['variable', 'default', 'takes', 'meaning'], rows)}`;
}

function shown(schema: TSchema): string {
  const fallback = defaultOf(schema);
  if (fallback === undefined || (Array.isArray(fallback) && fallback.length === 0)) return '–';
  return `\`${Array.isArray(fallback) ? fallback.join(',') : fallback}\``;
}
