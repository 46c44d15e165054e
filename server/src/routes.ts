import type { Route } from './http/route.ts';
import { conversationRoutes } from './modules/conversations/routes.ts';
import { healthRoutes } from './modules/health/routes.ts';
import { messageRoutes } from './modules/messages/routes.ts';
import { readMarkRoutes } from './modules/read_marks/routes.ts';

/** Every route there is: the server, the OpenAPI document and the laws read this list. */
export const routes: readonly Route[] = [...healthRoutes, ...messageRoutes, ...readMarkRoutes, ...conversationRoutes];
