import type { Static, TObject } from 'typebox';
import type { Answer } from '../answer.ts';
import type { Ctx } from '../context.ts';
import type { RateClass } from '../http/route.ts';
import type { Shape } from '../modules/events/facts.ts';
import type { Action } from '../policy.ts';
import type { Frame } from './frames.ts';

/** What a command may do with the socket it came over. */
export interface Here {
  /** Follows a public room its person is not in; what happens there is told once it subscribes. */
  visit(roomId: number): void;
  endVisit(roomId: number): void;
  /** Tells it what happens in a room its person is in, or that it visits. */
  subscribe(roomId: number): void;
  /** Tells it nothing more of a room. */
  unsubscribe(roomId: number): void;
  /** Its person is not in a room any more; should he come back, it is told of that. */
  moveOut(roomId: number): void;
}

export interface Command {
  readonly data: TObject;
  readonly limit: RateClass;
  /** The row of the permission table; `undefined` where the socket itself is all it is about. */
  readonly action: Action | undefined;
  readonly summary: string;
  /** The type of its answer. */
  readonly answer: string;
  readonly run: (ctx: Ctx, data: never, here: Here) => Promise<Frame>;
}

/** Types a command by its own schema. The answer, where it has no shape of its own, is `ok` with what the action answers over REST. */
export function command<D extends TObject>(
  definition: Omit<Command, 'data' | 'run' | 'answer'> & {
    readonly data: D;
    readonly answer?: string;
    readonly run: (ctx: Ctx, data: Static<D>, here: Here) => Promise<Shape | undefined>;
  },
): (type: string) => Command {
  const { answer = 'ok', run } = definition;
  return (of) => ({
    ...definition,
    answer,
    run: async (ctx, data, here) => {
      const shape = (await run(ctx, data, here)) ?? {};
      return { type: answer, data: answer === 'ok' ? { of, ...shape } : shape };
    },
  });
}

/** What an action answers, as an object. */
export function shapeOf({ data, json, page }: Answer): Shape {
  if (page) return JSON.parse(Buffer.concat(page.parts).toString()) as Shape;
  return json === undefined ? ((data ?? {}) as Shape) : (JSON.parse(json) as Shape);
}
