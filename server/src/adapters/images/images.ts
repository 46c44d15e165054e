export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** `unreadable` is the decoder's verdict and will be the same again; `failed` is everything else, and another time it may work. */
export type PictureFailure = 'unreadable' | 'failed';

/** Gives the bytes when it is their turn, and not before: pictures that wait are not in memory. */
export type ReadPicture = () => Promise<Uint8Array<ArrayBuffer>>;

/** Reads pictures that strangers have made. Rejects with ImagesBusy, and with what `read` rejects with. */
export interface Images {
  /** In pixels, as it is shown. */
  measure(read: ReadPicture): Promise<PictureSize | PictureFailure>;
  /**
   * Its first frame as WebP, with no side longer than this and nothing of what else was in it. One person has few places, so that
   * others have theirs.
   */
  shrink(read: ReadPicture, longestSide: number, userId: number): Promise<Uint8Array | PictureFailure>;
  close(): Promise<void>;
}

/** A picture that was made. In memory: it can be sent whether it could be kept or not. */
export interface Rendered {
  readonly bytes: Uint8Array;
  readonly sha256: string;
}

/** Thumbnails that are being made, by blob and side: whoever asks meanwhile gets the same. */
export type MakingThumbnails = Map<string, Promise<Rendered | PictureFailure>>;

/** More pictures wait than may. */
export class ImagesBusy extends Error {
  override readonly name = 'ImagesBusy';
}
