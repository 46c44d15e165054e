/** What waits until it is known who it is from. */
const MAX_FRAMES = 8;
const MAX_BYTES = 16 * 1024;

/** Counts what comes before anybody is known; true where that is too much. */
export function createEarly(): (size: number) => boolean {
  let frames = 0;
  let bytes = 0;
  return (size) => {
    frames++;
    bytes += size;
    return frames > MAX_FRAMES || bytes > MAX_BYTES;
  };
}
