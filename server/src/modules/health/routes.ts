import { Type } from 'typebox';
import { type Answer, ok } from '../../answer.ts';
import type { Ctx } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { type Route, route } from '../../http/route.ts';
import { Strict } from '../../schemas.ts';
import { version } from '../../version.ts';

const tag = 'health';

async function getReadiness(ctx: Ctx): Promise<Answer> {
  const { db, files, nodes } = ctx.deps;
  await db.ping().catch((error: unknown) => {
    ctx.deps.log.error({ err: error }, 'the database does not answer');
    throw new AppError('SERVICE_UNAVAILABLE', { reason: 'database' }, 1);
  });
  const degraded = [
    ...(db.isFull() ? ['storage_full'] : []),
    ...(files.blobs.isDown() ? ['files'] : []),
    ...(nodes.talk.isBroken ? ['bus'] : []),
  ];
  return ok({ status: 'ready', degraded });
}

function getHealth(): Answer {
  return ok({ status: 'ok', version, uptime_seconds: Math.floor(performance.now() / 1_000) });
}

const open = { method: 'GET', scope: 'public', limit: 'none', action: undefined, tag, plain: true } as const;

export const healthRoutes: readonly Route[] = [
  route({
    ...open,
    path: '/health',
    summary: 'Version and uptime',
    answers: { 200: Strict({ status: Type.String(), version: Type.String(), uptime_seconds: Type.Integer() }) },
    handler: getHealth,
  }),
  route({
    ...open,
    path: '/healthz',
    summary: 'Alive',
    answers: { 200: Strict({ status: Type.String() }) },
    handler: () => ok({ status: 'ok' }),
  }),
  route({
    ...open,
    path: '/readyz',
    summary: 'Ready for requests',
    answers: { 200: Strict({ status: Type.String(), degraded: Type.Array(Type.String()) }) },
    refusals: ['SERVICE_UNAVAILABLE'],
    untilDraining: true,
    handler: getReadiness,
  }),
];
