import { type FieldFault, invalid } from '../../errors.ts';
import { cleanName, hasForbiddenText, hasTooManyMarks, isLongerThan, nameFault } from '../../text.ts';
import { metadataFault, storedMetadata } from '../messages/metadata.ts';
import { MAX_DESCRIPTION, MAX_ROOM_NAME, MAX_TOPIC, type UpdateRoom } from './schema.ts';

/** A body as it will be stored: the name trimmed and in NFC, the metadata as text. Absent fields stay absent. */
export type JudgedRoom = Omit<UpdateRoom, 'metadata'> & { metadata?: string };

/** Raises 400 with every fault of the texts and numbers that the schema cannot judge. */
export function judgeRoomBody(body: UpdateRoom, config: { MAX_ROOM_MEMBERS: number }): JudgedRoom {
  const { metadata, ...judged } = body;
  const name = body.name === undefined ? undefined : cleanName(body.name);
  const faults = [
    name === undefined ? undefined : nameFaultOf(name),
    textFault('description', body.description, MAX_DESCRIPTION),
    textFault('topic', body.topic, MAX_TOPIC),
    numberFault(body.max_members, config.MAX_ROOM_MEMBERS),
    metadataFaultOf(metadata),
  ].filter((fault) => fault !== undefined);
  if (faults.length > 0) throw invalid(faults);
  return {
    ...judged,
    ...(name === undefined ? {} : { name }),
    ...(metadata === undefined ? {} : { metadata: storedMetadata(metadata ?? {}) }),
  };
}

function nameFaultOf(name: string): FieldFault | undefined {
  const reason = nameFault(name, MAX_ROOM_NAME);
  return reason && { field: 'name', reason, max_length: MAX_ROOM_NAME };
}

/** What is wrong with a text of several lines, as a fault of its field. */
export function textFault(field: string, text: string | null | undefined, maxLength: number): FieldFault | undefined {
  if (text === undefined || text === null) return undefined;
  if (isLongerThan(text, maxLength)) return { field, reason: 'too_long', max_length: maxLength };
  if (hasForbiddenText(text)) return { field, reason: 'forbidden_characters' };
  return hasTooManyMarks(text) ? { field, reason: 'too_many_combining_marks' } : undefined;
}

function numberFault(maxMembers: number | undefined, maximum: number): FieldFault | undefined {
  if (maxMembers === undefined || maxMembers <= maximum) return undefined;
  return { field: 'max_members', reason: 'too_large', maximum };
}

function metadataFaultOf(metadata: UpdateRoom['metadata']): FieldFault | undefined {
  const fault = metadata ? metadataFault(metadata) : undefined;
  return fault && { ...fault, field: 'metadata' };
}
