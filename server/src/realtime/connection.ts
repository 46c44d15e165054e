import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { type Closing, closeCodes } from './close_codes.ts';
import { createPace, type Pace } from './pace.ts';

/** What every socket has to keep to. */
export interface Bounds {
  readonly maxWaitingBytes: number;
  readonly maxBehindMs: number;
}

/** Time for what still waits, and the close frame behind it, to be read. */
const GRACE_MS = 3_000;

/**
 * What is written to one socket, and how far its reader is behind. Frames made ready for many are written past the library, which
 * without compression writes whole frames at once too.
 */
export class Connection {
  readonly #ws: WebSocket;
  readonly #socket: Socket;
  readonly #bounds: Bounds;
  #closingSince = 0;
  readonly #isTooSlow: Pace;
  /** Why it is no longer written to; `gone`: the other end left, or was given up. */
  closedFor: Closing | 'gone' | undefined;

  constructor(ws: WebSocket, socket: Socket, bounds: Bounds) {
    this.#ws = ws;
    this.#socket = socket;
    this.#bounds = bounds;
    this.#isTooSlow = createPace(bounds.maxBehindMs);
  }

  get isOpen(): boolean {
    return this.closedFor === undefined && this.#ws.readyState === this.#ws.OPEN;
  }

  /** Bytes of whole frames; false where nothing more is written. */
  write(bytes: Buffer): boolean {
    if (!this.isOpen) return false;
    // What waited before it: one frame may be larger than that, and its reader as fast as he can.
    if (this.#socket.writableLength > this.#bounds.maxWaitingBytes) {
      this.close('tooSlow');
      return false;
    }
    this.#socket.write(bytes);
    return true;
  }

  ping(): void {
    if (this.isOpen) this.#ws.ping();
  }

  close(why: Closing, reason: string = closeCodes[why][1]): void {
    if (this.closedFor !== undefined) return;
    this.closedFor = why;
    this.#closingSince = performance.now();
    this.#ws.close(closeCodes[why][0], reason);
  }

  /** At once, without a word. */
  cut(): void {
    this.lost('gone');
    this.#ws.terminate();
  }

  /** Closed already, by the library or from elsewhere. */
  lost(why: Closing | 'gone'): void {
    if (this.closedFor !== undefined) return;
    this.closedFor = why;
    this.#closingSince = performance.now();
  }

  /** Resolves when there is room for more. */
  drained(): Promise<void> {
    if (!this.#socket.writableNeedDrain || !this.isOpen) return Promise.resolve();
    return new Promise((resolve) => {
      const settle = () => {
        this.#socket.off('drain', settle);
        this.#socket.off('close', settle);
        resolve();
      };
      this.#socket.on('drain', settle);
      this.#socket.on('close', settle);
    });
  }

  /** Once a second: cuts off who has been behind for too long, and who does not take leave. */
  look(now: number): void {
    if (this.closedFor !== undefined) {
      if (now - this.#closingSince > GRACE_MS) this.#ws.terminate();
      return;
    }
    const { bytesWritten, writableLength } = this.#socket;
    if (this.#isTooSlow(now, bytesWritten, writableLength)) this.close('tooSlow');
  }

  /** Whether what comes is left unread, its pongs among it. */
  get isPaused(): boolean {
    return this.#ws.isPaused;
  }

  /** Stops reading while what was read is worked on. */
  pause(): void {
    this.#ws.pause();
  }
  resume(): void {
    this.#ws.resume();
  }
}
