/**
 * Carries short texts between the processes that use one database, to those that listen just now. What cannot be carried is lost:
 * nobody relies on it.
 */
export interface Channel {
  publish(text: string): void;
  /** `heard` is called with what the others publish, and with what this process does. */
  listen(heard: (text: string) => void): void;
  /** Calls `back` whenever texts travel again after they did not. */
  onBack(back: () => void): void;
  readonly isUp: boolean;
  /** Bytes of the longest text. */
  readonly longest: number;
}
