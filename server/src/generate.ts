import { readFile, writeFile } from 'node:fs/promises';
import { configurationDocument } from './generate/configuration.ts';
import { errorsDocument } from './generate/errors.ts';
import { eventNamesDocument } from './generate/event_names.ts';
import { metricsDocument } from './generate/metrics.ts';
import { permissionsDocument } from './generate/permissions.ts';
import { realtimeDocument } from './generate/realtime.ts';
import { webhookEventsDocument } from './generate/webhook_events.ts';
import { openapiOf } from './http/openapi/document.ts';
import { announced } from './modules/webhooks/announced.ts';
import { asyncapiOf } from './realtime/asyncapi/document.ts';
import { routes } from './routes.ts';
import { version } from './version.ts';

// Writes what is printed from the code: `npm run generate`. With --check nothing is written, and what is stale is named.
const root = new URL('../../', import.meta.url);
const isCheck = process.argv.includes('--check');

const files: Readonly<Record<string, string>> = {
  'openapi.json': `${JSON.stringify(openapiOf(routes, version, announced), null, 2)}\n`,
  'asyncapi.json': `${JSON.stringify(asyncapiOf(version), null, 2)}\n`,
  'docs/errors.md': errorsDocument(),
  'docs/event-names.md': eventNamesDocument(),
  'docs/configuration.md': configurationDocument(),
  'docs/metrics.md': metricsDocument(),
  'docs/permissions.md': permissionsDocument(),
  'docs/realtime.md': realtimeDocument(),
  'docs/webhook-events.md': webhookEventsDocument(),
};

const stale: string[] = [];
for (const [path, text] of Object.entries(files)) {
  const file = new URL(path, root);
  const present = await readFile(file, 'utf8').catch(() => undefined);
  if (present === text) continue;
  stale.push(path);
  if (!isCheck) await writeFile(file, text);
}
if (stale.length > 0) console.log(`${isCheck ? 'Stale, run npm run generate' : 'Written'}: ${stale.join(', ')}`);
if (isCheck && stale.length > 0) process.exit(1);
