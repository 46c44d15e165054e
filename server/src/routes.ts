import { documentRoutes } from './http/openapi/routes.ts';
import type { Route } from './http/route.ts';
import { adminConsistencyRoutes } from './modules/admin/consistency_routes.ts';
import { adminRoutes } from './modules/admin/routes.ts';
import { auditRoutes } from './modules/audit/routes.ts';
import { authRoutes } from './modules/auth/routes.ts';
import { banRoutes } from './modules/bans/routes.ts';
import { conversationRoutes } from './modules/conversations/routes.ts';
import { eventRoutes } from './modules/events/routes.ts';
import { fileRoutes } from './modules/files/routes.ts';
import { healthRoutes } from './modules/health/routes.ts';
import { memberRoutes } from './modules/members/routes.ts';
import { messageRoutes } from './modules/messages/routes.ts';
import { metricsRoutes } from './modules/metrics/routes.ts';
import { muteRoutes } from './modules/mutes/routes.ts';
import { reactionRoutes } from './modules/reactions/routes.ts';
import { readMarkRoutes } from './modules/read_marks/routes.ts';
import { roomRoutes } from './modules/rooms/routes.ts';
import { statisticsRoutes } from './modules/statistics/routes.ts';
import { typingRoutes } from './modules/typing/routes.ts';
import { userRoutes } from './modules/users/routes.ts';
import { webhookRoutes } from './modules/webhooks/routes.ts';

const declared: readonly Route[] = [
  ...healthRoutes,
  ...metricsRoutes,
  ...documentRoutes(new URL('../../', import.meta.url)),
  ...authRoutes,
  ...userRoutes,
  ...roomRoutes,
  ...memberRoutes,
  ...banRoutes,
  ...muteRoutes,
  ...messageRoutes,
  ...reactionRoutes,
  ...readMarkRoutes,
  ...typingRoutes,
  ...conversationRoutes,
  ...eventRoutes,
  ...fileRoutes,
  ...webhookRoutes,
  ...statisticsRoutes,
  ...auditRoutes,
  ...adminRoutes,
  ...adminConsistencyRoutes,
];

/** Every route there is: the server, the OpenAPI document and the laws read this list. What takes PUT takes PATCH, which does the same. */
export const routes: readonly Route[] = declared.flatMap((route) =>
  route.method === 'PUT' ? [route, { ...route, method: 'PATCH' as const }] : [route],
);
