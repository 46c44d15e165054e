import { cleanName } from '../../text.ts';
import { storedMetadata } from '../messages/metadata.ts';
import type { UpdateRoom } from './schema.ts';

/** A body as it will be stored: the name trimmed and in NFC, the metadata as text. Absent fields stay absent. */
export type RoomInput = Omit<UpdateRoom, 'metadata'> & { metadata?: string };

export function roomInput({ name, metadata, ...rest }: UpdateRoom): RoomInput {
  return {
    ...rest,
    ...(name === undefined ? {} : { name: cleanName(name) }),
    ...(metadata === undefined ? {} : { metadata: storedMetadata(metadata ?? {}) }),
  };
}
