import type { AddressInfo } from 'node:net';
import { startApp } from './app.ts';
import { report } from './report.ts';

// The whole server, as it is shipped, on PostgreSQL: one of the processes of an installation.
const [, , directory = '', databaseUrl = ''] = process.argv;
const { app, tokens, groups } = await startApp(directory, { databaseUrl });
await app.server.listen({ host: '127.0.0.1', port: 0 });
report({
  ready: { port: (app.server.server.address() as AddressInfo).port, tokens },
  groups,
  stop: () => app.close(),
});
