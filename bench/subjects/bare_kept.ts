/** As many characters as the server keeps (modules/messages/fragments.ts). */
const KEPT_CHARACTERS = 32 * 1024 * 1024;

/** Texts by message and version; the oldest go when there is no more room. */
export function createKept() {
  const texts = new Map<number, { version: number; text: string }>();
  let characters = 0;

  function drop(id: number) {
    characters -= texts.get(id)?.text.length ?? 0;
    texts.delete(id);
  }

  return {
    get: (id: number, version: number): string | undefined => {
      const entry = texts.get(id);
      return entry?.version === version ? entry.text : undefined;
    },
    set: (id: number, version: number, text: string): void => {
      drop(id);
      texts.set(id, { version, text });
      characters += text.length;
      // The last page is younger than what is dropped for it.
      for (const oldest of texts.keys()) {
        if (characters <= KEPT_CHARACTERS) break;
        drop(oldest);
      }
    },
  };
}
