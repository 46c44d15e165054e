import { Type } from 'typebox';
import { type Route, route } from '../../http/route.ts';
import { Nullable, Strict } from '../../schemas.ts';
import { getConsistency } from './consistency.ts';

const Value = Nullable(Type.Union([Type.Integer(), Type.String()]));
const Difference = Strict({
  what: Type.String({ description: 'Kind of thing and name of its number, as in `container.message_count`.' }),
  id: Type.String({ description: 'Of that thing; `container:user` of a membership.' }),
  stored: Value,
  counted: Value,
});

export const adminConsistencyRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/admin/consistency',
    scope: 'admin',
    limit: 'default',
    action: 'admin.read',
    tag: 'admin',
    summary: 'Prove every counter against a recount',
    answers: {
      200: Strict({
        ok: Type.Boolean(),
        checked: Type.Integer({ description: 'Rows that were looked at.' }),
        differences: Type.Array(Difference, { description: 'At most 100 things of each kind.' }),
      }),
    },
    refusals: ['PERMISSION_DENIED'],
    slow: true,
    handler: (ctx) => getConsistency(ctx),
  }),
];
