import { nobody } from '../../server/src/actor.ts';
import type { Ctx, RequestFacts } from '../../server/src/context.ts';
import { successOf } from '../../server/src/http/envelope.ts';
import { listRoomMessages } from '../../server/src/modules/messages/list.ts';
import { type SendBody, sendMessage } from '../../server/src/modules/messages/send.ts';
import { people } from '../seed/shape.ts';
import { startApp } from './app.ts';
import { type BareRequest, listenBare } from './bare_http.ts';
import { report } from './report.ts';
import { usualPage } from './usual_page.ts';

// Our actions behind bare node:http: what lies between this and the whole server is the HTTP layer, between this and the ceiling our own code below it.
const [, , directory = '', path] = process.argv;
const { app, groups } = await startApp(directory);
const request: RequestFacts = {
  id: 'bench',
  address: '127.0.0.1',
  traceparent: null,
  userAgent: '',
  representation: false,
  auditReason: undefined,
  idempotency: undefined,
};

function ctxOf(place: number): Ctx {
  const { id, username, sessionId } = people[place] ?? { id: 0, ...nobody };
  const actor = { userId: id, username, role: 'user', sessionId } as const;
  return { deps: app.deps, actor, request, now: app.deps.now(), db: app.deps.db.reader };
}

const BEFORE = 'before_id=';
function act({ roomId, place, body, query }: BareRequest) {
  if (path === 'send') return sendMessage(ctxOf(place), 'room', roomId, JSON.parse(body) as SendBody);
  const page = query.startsWith(BEFORE) ? { ...usualPage, before_id: Number(query.slice(BEFORE.length)) } : usualPage;
  return listRoomMessages(ctxOf(place), roomId, page);
}

const server = await listenBare(path === 'send' ? 201 : 200, (incoming, answer) => {
  act(incoming).then(
    ({ json, page }) => answer(page ? successOf(page.parts) : `{"success":true,"data":${json}}`),
    (error: unknown) => {
      throw error;
    },
  );
});
report({
  ready: { port: server.port, tokens: [] },
  groups,
  stop: () => {
    server.close();
    return app.close();
  },
});
