import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Channel } from '../db/channel.ts';
import type { MessageKind, NodeMessages } from './messages.ts';

type Hear<K extends MessageKind> = (message: NodeMessages[K], from: string) => void;

/** What this process tells the others, and hears of them. */
export interface Talk {
  readonly id: string;
  /** Soon, together with what else there is to tell. */
  tell<K extends MessageKind>(kind: K, message: NodeMessages[K]): void;
  hear<K extends MessageKind>(kind: K, hear: Hear<K>): void;
  /** Calls `back` when others may have told what was not heard. */
  onBack(back: () => void): void;
  /** Whether the others can be heard just now. */
  readonly isUp: boolean;
  /** Whether they should be, and cannot. */
  readonly isBroken: boolean;
  /** Tells what is left to tell, for a second at most. */
  stop(): Promise<void>;
}

/** What this process tells comes back to it, too; where it has not by then, nobody hears anybody. */
const ECHO_MS = 1_500;
const FAREWELL_MS = 1_000;
/** Between two texts: commits may come by the thousand. */
const TELL_EVERY_MS = 5;

interface Options {
  readonly id: string;
  readonly channel: Channel;
  readonly log: Logger;
}

export function createTalk({ id, channel, log }: Options): Talk {
  const hearers = new Map<string, Hear<MessageKind>[]>();
  let waiting: string[] = [];
  let isCommitted = false;
  let acts = false;
  let timer: NodeJS.Timeout | undefined;
  let toldAt = Number.NEGATIVE_INFINITY;
  /** Under way. */
  let leaving: Promise<void> | undefined;
  /** When the first text was told whose echo has not come. */
  let unheardSince: number | undefined;

  function soon(): void {
    if (timer || leaving) return;
    timer = setTimeout(tellAll, Math.max(0, toldAt + TELL_EVERY_MS - performance.now()));
    timer.unref();
  }

  /** One text after the other: what is told meanwhile goes together. */
  function tellAll(): void {
    clearTimeout(timer);
    timer = undefined;
    toldAt = performance.now();
    unheardSince ??= toldAt;
    leaving = publishAll().finally(() => {
      leaving = undefined;
      if (waiting.length > 0 || isCommitted) soon();
    });
  }

  async function publishAll(): Promise<void> {
    if (isCommitted) waiting.unshift(JSON.stringify(['committed', { acts }]));
    isCommitted = false;
    acts = false;
    const texts = waiting;
    waiting = [];
    const head = `{"from":${JSON.stringify(id)},"told":[`;
    // What cannot be told is lost: the others look for it.
    for (const some of together(texts, channel.longest - head.length - 2))
      await channel.publish(`${head}${some}]}`).catch(() => undefined);
  }

  function hearText(text: string): void {
    try {
      const { from, told } = JSON.parse(text) as { from: string; told: [MessageKind, NodeMessages[MessageKind]][] };
      if (from === id) {
        unheardSince = undefined;
        return;
      }
      // What a newer version tells of, and this one does not know, is nobody's here.
      for (const [kind, message] of told) for (const hear of hearers.get(kind) ?? []) hear(message as never, from);
    } catch (error) {
      log.warn({ err: error }, 'what another process told could not be understood');
    }
  }

  channel.listen(hearText);
  const isUp = () => channel.isUp && (unheardSince === undefined || performance.now() - unheardSince < ECHO_MS);
  return {
    id,
    tell: (kind, message) => {
      if (kind === 'committed') {
        isCommitted = true;
        acts ||= (message as NodeMessages['committed']).acts;
      } else waiting.push(JSON.stringify([kind, message]));
      soon();
    },
    hear: (kind, hear) => {
      hearers.set(kind, [...(hearers.get(kind) ?? []), hear as unknown as Hear<MessageKind>]);
    },
    onBack: channel.onBack,
    get isUp() {
      return isUp();
    },
    get isBroken() {
      return !isUp();
    },
    stop: async () => {
      const rest = async () => {
        await leaving;
        if (waiting.length > 0 || isCommitted) tellAll();
        await leaving;
      };
      await Promise.race([rest(), sleep(FAREWELL_MS)]);
    },
  };
}

/** Puts texts together, as many as go into so many bytes; one that is too long by itself is left out. */
function together(texts: readonly string[], longest: number): string[] {
  const rows: string[] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const text of texts) {
    const bytes = Buffer.byteLength(text) + 1;
    if (bytes > longest) continue;
    if (size + bytes > longest) rows.push(text);
    else rows.push(`${rows.pop()},${text}`);
    size = size + bytes > longest ? bytes : size + bytes;
  }
  return rows;
}

/** Where there is nobody to talk to, or, with others about, no way to. */
export function createLonelyTalk(id: string, isUp: boolean): Talk {
  return { id, tell: () => {}, hear: () => {}, onBack: () => {}, isUp, isBroken: false, stop: async () => {} };
}
