import type { AddressInfo } from 'node:net';
import { createApp } from '../../server/src/app.ts';
import { nameOf, sessionOf } from '../seed/crowd.ts';
import { FIRST_PERSON } from '../seed/shape.ts';
import { configOf } from './app.ts';
import { report } from './report.ts';

// The whole server, with a token for each of a crowd.
const [, , directory = '', people = '0'] = process.argv;
const app = await createApp(configOf(directory));
const { tokens } = app.deps.authority;
const signed: string[] = [];
for (let place = 0; place < Number(people); place++)
  signed.push(
    await tokens.sign({
      sub: FIRST_PERSON + place,
      username: nameOf(place),
      role: 'user',
      sid: sessionOf(place),
    }),
  );
await app.server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 });
report({
  ready: { port: (app.server.server.address() as AddressInfo).port, tokens: signed },
  groups: () => 0,
  stop: () => app.close(),
});
