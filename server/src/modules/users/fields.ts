import { type FieldFault, invalid } from '../../errors.ts';
import { avatarUrlFault, displayNameFault, emailFault, statusMessageFault, usernameFault } from './names.ts';

/** What people say about themselves; `null` clears, absent stays. */
export interface ProfileFields {
  readonly username?: string;
  readonly email?: string;
  readonly display_name?: string | null;
  readonly avatar_url?: string | null;
  readonly status_message?: string | null;
}

/** Everything that is wrong with the fields, in the order of the document. */
export function profileFaults(fields: ProfileFields, options: { first?: boolean } = {}): FieldFault[] {
  const judged: [keyof ProfileFields, (text: string) => string | undefined][] = [
    ['username', (name) => usernameFault(name, options)],
    ['email', emailFault],
    ['display_name', displayNameFault],
    ['avatar_url', avatarUrlFault],
    ['status_message', statusMessageFault],
  ];
  return judged.flatMap(([field, fault]) => {
    const value = fields[field];
    const reason = typeof value === 'string' ? fault(value) : undefined;
    return reason === undefined ? [] : [{ field, reason }];
  });
}

/** Raises 400 with all faults at once. */
export function refuseFaults(...faults: FieldFault[]): void {
  if (faults.length > 0) throw invalid(faults);
}
