import type { AddressInfo } from 'node:net';
import { startApp } from './app.ts';
import { report } from './report.ts';

// The whole server, as it is shipped.
const [, , directory = '', now] = process.argv;
const { app, tokens, groups } = await startApp(directory, now === undefined ? {} : { now: Number(now) });
await app.server.listen({ host: '127.0.0.1', port: 0 });
report({
  ready: { port: (app.server.server.address() as AddressInfo).port, tokens },
  groups,
  stop: () => app.close(),
});
