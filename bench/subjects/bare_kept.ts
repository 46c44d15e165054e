/** As much as the server keeps (modules/messages/fragments.ts). */
const KEPT_BYTES = 32 * 1024 * 1024;

/** Serialised messages by id and version; the oldest go when there is no more room. */
export function createKept() {
  const kept = new Map<number, { version: number; bytes: Buffer }>();
  // One iterator for all time: a new one would walk over everything dropped before.
  const oldest = kept.keys();
  let size = 0;

  function drop(id: number) {
    size -= kept.get(id)?.bytes.length ?? 0;
    kept.delete(id);
  }

  return {
    get: (id: number, version: number): Buffer | undefined => {
      const entry = kept.get(id);
      return entry?.version === version ? entry.bytes : undefined;
    },
    set: (id: number, version: number, bytes: Buffer): void => {
      drop(id);
      kept.set(id, { version, bytes });
      size += bytes.length;
      while (size > KEPT_BYTES) drop(oldest.next().value as number);
    },
  };
}
