import type { Actor } from '../actor.ts';
import { AppError } from '../errors.ts';
import { endsAccess } from '../events.ts';
import { refusalOf } from '../http/refusal.ts';
import type { ReaderEnd, Run } from './audience.ts';
import { authenticate } from './authenticate.ts';
import type { CatchingUp } from './catch_up.ts';
import type { Closing } from './close_codes.ts';
import type { Here } from './command.ts';
import type { Connection } from './connection.ts';
import { createEarly } from './early.ts';
import { bytesOf, type Frame, runBytes } from './frames.ts';
import { type Incoming, readFrame, requestIdIn } from './incoming.ts';
import { errorFrame } from './refusals.ts';
import { runCommand } from './run.ts';
import type { Shared } from './shared.ts';
import { createStrikes } from './strikes.ts';

/** Who is at the other end, as far as the upgrade said. */
export interface Peer {
  readonly address: string;
  readonly userAgent: string;
  readonly language: 'en' | 'fr';
}

/** Frames that wait for those before them, before nothing more is read. */
const MAX_WAITING = 32;

/** One socket: what comes in over it is worked on in its order, one frame at a time. */
export class Session implements CatchingUp, Here {
  readonly kind = 'socket';
  readonly shared: Shared;
  readonly connection: Connection;
  readonly peer: Peer;
  readonly visits = new Set<number>();
  readonly openedAt = performance.now();
  userId = 0;
  sessionId = '';
  isLive = false;
  /** Undefined until it is known who it is. */
  token: string | undefined;
  /** Epoch milliseconds. */
  expiresAt = Number.POSITIVE_INFINITY;
  heardAt = performance.now();
  nextBeatAt: number;
  /** Rooms this socket does not want to hear of. */
  #silenced: Set<number> | undefined;
  #isAttached = false;
  /** As one of the sockets that make somebody be here. */
  #isCounted = false;
  #waiting: Incoming[] = [];
  readonly #isTooMuchEarly = createEarly();
  /** A ping is on its way. */
  #isAsked = false;
  #isWorking = false;
  #isEntering = false;
  readonly #isLastStrike = createStrikes();

  constructor(shared: Shared, connection: Connection, peer: Peer) {
    this.shared = shared;
    this.connection = connection;
    this.peer = peer;
    // Not all at once, however many came together.
    this.nextBeatAt = this.openedAt + shared.heartbeatMs * (0.5 + Math.random() / 2);
  }

  get isOver(): boolean {
    return !this.connection.isOpen;
  }
  get isKnown(): boolean {
    return this.token !== undefined && !this.#isEntering;
  }

  /** Bytes of a message; raises nothing. */
  receive(bytes: Buffer, isBinary: boolean): void {
    if (this.isOver) return;
    this.heardAt = performance.now();
    this.shared.counts.framesIn++;
    if (isBinary) return void this.close('binary');
    let frame: Incoming;
    try {
      if (this.token !== undefined) this.shared.countFrame(this.userId);
      frame = readFrame(bytes);
    } catch (error) {
      return void this.refuse(error, requestIdIn(bytes), true);
    }
    this.#take(frame, bytes.length);
  }

  ping(): void {
    this.#isAsked = true;
    this.connection.ping();
  }

  /** The answer to a ping; unasked, it counts as a frame. */
  receivePong(): void {
    const isAnswer = this.#isAsked;
    this.#isAsked = false;
    if (isAnswer) this.heardAt = performance.now();
    else this.receivePing();
  }

  /** A ping of the protocol counts as a frame, too. */
  receivePing(): void {
    if (this.isOver) return;
    this.heardAt = performance.now();
    this.shared.counts.framesIn++;
    try {
      if (this.token !== undefined) this.shared.countFrame(this.userId);
      else if (this.#isTooMuchEarly(0)) this.close('tooMany');
    } catch (error) {
      this.refuse(error, undefined, true);
    }
  }

  #take(frame: Incoming, size: number): void {
    if (this.token === undefined) {
      if (frame.type === 'authenticate' && !this.#isEntering) return void this.enter(frame);
      if (this.#isTooMuchEarly(size)) return void this.close('tooMany');
    }
    this.#waiting.push(frame);
    if (this.#waiting.length === MAX_WAITING) this.connection.pause();
    if (this.isKnown) void this.#work();
  }

  /** Says who it is: the first time, or again. */
  async enter(frame: Pick<Incoming, 'data' | 'requestId'>): Promise<void> {
    this.#isEntering = this.token === undefined;
    try {
      await authenticate(this, frame);
    } catch (error) {
      this.#failToEnter(error, frame.requestId);
    } finally {
      this.#isEntering = false;
    }
    if (this.token !== undefined) void this.#work();
  }

  #failToEnter(thrown: unknown, requestId: string | undefined): void {
    const error = refusalOf(thrown);
    if (error.status >= 500) {
      if (error !== thrown) this.shared.deps.log.error({ err: thrown }, 'a socket was not let in');
      // With another token it would be no better.
      this.answer(errorFrame(error, this.peer.language), requestId);
      return void this.close('fault');
    }
    const { code, message, retry_after, details } = errorFrame(error, this.peer.language).data;
    this.answer({ type: 'auth_error', data: { code, message, retry_after, details } }, requestId);
    this.close(error.details.scope === 'readers' ? 'tooManySockets' : 'unauthenticated', error.code);
  }

  async #work(): Promise<void> {
    if (this.#isWorking) return;
    this.#isWorking = true;
    for (let frame = this.#waiting.shift(); frame && !this.isOver; frame = this.#waiting.shift()) {
      await this.#handle(frame);
      // Whoever asks faster than he reads is answered as fast as he reads.
      await this.connection.drained();
      if (this.#waiting.length === MAX_WAITING / 2) this.connection.resume();
    }
    this.#isWorking = false;
  }

  async #handle(frame: Incoming): Promise<void> {
    if (frame.type === 'authenticate') return this.enter(frame);
    try {
      const answer = await runCommand(this, frame);
      if (answer) this.answer(answer, frame.requestId);
    } catch (error) {
      this.refuse(error, frame.requestId, isMalformed(error));
    }
  }

  /** `isStrike`: ten of these in a minute close the socket. */
  refuse(thrown: unknown, requestId: string | undefined, isStrike: boolean): void {
    const error = refusalOf(thrown);
    if (error.status >= 500 && error !== thrown) this.shared.deps.log.error({ err: thrown }, 'a frame failed');
    this.answer(errorFrame(error, this.peer.language), requestId);
    if (isStrike && this.#isLastStrike()) this.close('tooMany');
  }

  answer(frame: Frame, requestId: string | undefined): void {
    this.shared.counts.answers++;
    this.#write(bytesOf(requestId === undefined ? frame : { ...frame, request_id: requestId }));
  }

  /** Whoever was cut off is not here any more, however long his side of the socket stays. */
  #write(bytes: Buffer): void {
    if (!this.connection.write(bytes)) this.lost('gone');
  }

  /** The person as he stands now; closes where he may not be here any more. */
  async actor(): Promise<Actor> {
    const actor = await this.shared.deps.authority.actorOf(this.token ?? '');
    if (actor) return actor;
    this.close('unauthenticated');
    throw new AppError('INVALID_TOKEN');
  }

  tell(run: Run): void {
    const { containerId, type, userId } = run[0];
    const isSilenced = containerId !== null && this.#silenced?.has(containerId);
    if (isSilenced && !endsAccess(type, userId, this.userId)) return;
    this.shared.counts.events += run.length;
    this.#write(runBytes(run, this.userId));
  }

  pass(bytes: Buffer, placeId?: number): void {
    if (!this.isKnown || (placeId !== undefined && this.#silenced?.has(placeId))) return;
    this.shared.counts.others++;
    this.#write(bytes);
  }

  visitEnded(): void {}

  end(why: ReaderEnd): void {
    this.close(why === 'signed_out' ? 'unauthenticated' : 'restarting');
  }

  /** It is told nothing from now on, however long the other end takes to go. */
  close(why: Closing, reason?: string): void {
    this.isLive = false;
    this.connection.close(why, reason);
    this.#leave();
  }

  /** Makes its person be here; raises where there are too many sockets, or the session has ended meanwhile. */
  async comeIn(actor: Actor): Promise<void> {
    if (this.isOver) return;
    const { hub, presence } = this.shared.deps.realtime;
    this.userId = actor.userId;
    this.#isAttached = true;
    await hub.attach(this, actor);
    if (!this.#isAttached) return;
    this.#isCounted = true;
    await presence.came(actor.userId);
  }

  #leave(): void {
    const { hub, presence } = this.shared.deps.realtime;
    if (this.#isCounted) presence.left(this.userId);
    if (this.#isAttached) hub.detach(this);
    this.#isCounted = false;
    this.#isAttached = false;
  }

  ready(): Promise<void> {
    return this.connection.drained();
  }

  visit(roomId: number): void {
    if (this.isOver || this.visits.has(roomId)) return;
    this.#silenced ??= new Set();
    this.#silenced.add(roomId);
    this.shared.deps.realtime.hub.visit(this, roomId);
  }

  endVisit(roomId: number): void {
    this.#silenced?.delete(roomId);
    this.shared.deps.realtime.hub.endVisit(this, roomId);
  }

  subscribe(roomId: number): void {
    this.#silenced?.delete(roomId);
    this.shared.deps.realtime.presence.moved(this.userId, roomId);
  }

  unsubscribe(roomId: number): void {
    const { hub, presence } = this.shared.deps.realtime;
    if (this.visits.has(roomId)) hub.endVisit(this, roomId);
    else {
      this.#silenced ??= new Set();
      this.#silenced.add(roomId);
    }
    presence.moved(this.userId, null);
  }

  moveOut(roomId: number): void {
    const { hub, presence } = this.shared.deps.realtime;
    if (this.visits.has(roomId)) hub.endVisit(this, roomId);
    this.#silenced?.delete(roomId);
    presence.moved(this.userId, null);
  }

  /** The socket is closed, or about to be, without this side having asked for it. */
  lost(why: Closing | 'gone'): void {
    this.isLive = false;
    this.connection.lost(why);
    this.#leave();
  }
}

/** No frame at all, or one of the wrong shape. */
const isMalformed = (error: unknown): boolean => error instanceof AppError && error.code === 'VALIDATION_FAILED';
