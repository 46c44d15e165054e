export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** Reads pictures that strangers have made. Whatever is wrong with one, the answer is undefined. */
export interface Images {
  /** In pixels, as it is shown. */
  measure(bytes: Uint8Array<ArrayBuffer>): Promise<PictureSize | undefined>;
  /** Its first frame as WebP, with no side longer than this and nothing of what else was in it. */
  shrink(bytes: Uint8Array<ArrayBuffer>, longestSide: number): Promise<Uint8Array | undefined>;
  close(): Promise<void>;
}

/** More pictures wait than may. */
export class ImagesBusy extends Error {
  override readonly name = 'ImagesBusy';
}
