import type { Writer } from '../../db/database.ts';
import { appendEvents } from '../../log/append.ts';
import { addToFileCount, attach } from '../files/change_store.ts';
import type { AttachableFile } from '../files/store.ts';
import type { Facts } from './append_facts.ts';
import type { SendInput } from './append_input.ts';
import type { Draft } from './append_tally.ts';

type Files = Facts['files'];

/** A file that one message of a batch has is not there for the next. */
export function takeFiles(files: Files, { fileIds }: SendInput): void {
  for (const id of fileIds) files.set(id, { ...(files.get(id) as AttachableFile), message_id: 0 });
}

export function attachmentsOf({ fileIds }: SendInput, files: Files): AttachableFile[] {
  return fileIds.map((id) => files.get(id) as AttachableFile);
}

/** Hangs the files of a batch on their messages. One that was its uploader's alone is in the room or conversation from now on, and told there. */
export async function attachFiles(
  db: Writer,
  drafts: readonly Draft[],
  ids: readonly number[],
  files: Files,
): Promise<void> {
  for (const [place, { input }] of drafts.entries()) {
    if (input.fileIds.length === 0) continue;
    const message_id = ids[place] as number;
    const own = attachmentsOf(input, files);
    await attach.run(
      db,
      own.map(({ id }, order) => ({ id, message_id, container_id: input.containerId, place: order })),
    );
    const arrived = own.filter(({ container_id }) => container_id === null);
    if (arrived.length > 0) await arrive(db, input, arrived);
  }
}

async function arrive(db: Writer, input: SendInput, files: readonly AttachableFile[]) {
  const { containerId, actor, address, traceparent, now } = input;
  await addToFileCount.run(db, { id: containerId, delta: files.length });
  await appendEvents(
    db,
    files.map(({ id }) => ({
      event: { type: 'file_uploaded' as const, containerId, data: { file_id: id } },
      actorId: actor.userId,
      address,
      traceparent,
      at: now,
    })),
  );
}
