/**
 * Carries short texts between the processes of one installation, to those that listen just now. What cannot be carried is lost: it
 * makes things known sooner, and nothing depends on it.
 */
export interface Channel {
  /** Resolves when it has left; the next one waits for that. */
  publish(text: string): Promise<void>;
  /** `heard` is called with what the others publish, and with what this process does. */
  listen(heard: (text: string) => void): void;
  /** Calls `back` whenever texts travel again after they did not. */
  onBack(back: () => void): void;
  readonly isUp: boolean;
  /** Bytes of the longest text. */
  readonly longest: number;
}
