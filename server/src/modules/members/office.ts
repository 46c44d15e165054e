import type { ServerRole } from '../../actor.ts';
import { type AppError, unprocessable } from '../../errors.ts';

/** Roles somebody can be put in with; the owner's passes by transfer alone. */
export function ownerOnAdding(): AppError {
  return unprocessable('owner_on_adding', { field: 'role' });
}

/** Guests only read: as moderators or owners they would hold an office they cannot fill. */
export function refuseOffice(role: string, serverRole: ServerRole): AppError | undefined {
  return role !== 'member' && serverRole === 'guest' ? unprocessable('guest', { field: 'role' }) : undefined;
}
