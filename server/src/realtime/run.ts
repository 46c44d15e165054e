import type { TObject } from 'typebox';
import type { Ctx, RequestFacts } from '../context.ts';
import { AppError, invalid, invalidField } from '../errors.ts';
import type { Pending } from '../http/deadlines.ts';
import type { Command } from './command.ts';
import { commands } from './commands.ts';
import type { Frame } from './frames.ts';
import type { Incoming } from './incoming.ts';
import { Disconnect, Ping } from './schema.ts';
import type { Session } from './session.ts';
import type { Shared } from './shared.ts';

/** Runs what a frame asks for; undefined where there is nothing to answer. */
export async function runCommand(session: Session, frame: Incoming): Promise<Frame | undefined> {
  if (frame.type === 'ping') return pong(session, frame);
  if (frame.type === 'disconnect') return disconnect(session, frame);
  const command = commands.get(frame.type);
  if (!command) throw invalidField('type', 'unknown');
  check(session.shared, command.data, frame);
  return admitted(session.shared, () => run(session, command, frame));
}

async function run(session: Session, command: Command, { data }: Incoming): Promise<Frame> {
  const { deps, countCommand } = session.shared;
  const actor = await session.actor();
  await countCommand(command.limit, actor.userId);
  const now = deps.now();
  deps.authority.activity.seen(actor.userId, now);
  const ctx: Ctx = { deps, actor, request: factsOf(session), now, db: deps.db.reader };
  return command.run(ctx, data as never, session);
}

/** Each frame is a request of its own. */
function factsOf({ shared, peer }: Session): RequestFacts {
  const absent = { traceparent: null, auditReason: undefined, idempotency: undefined } as const;
  return { id: shared.newId(), address: peer.address, userAgent: peer.userAgent, representation: false, ...absent };
}

/** Puts in what was left out; raises 400 with all that is wrong. */
function check({ checkOf }: Shared, schema: TObject, { data }: Incoming): void {
  const faults = checkOf(schema)(data, 'data');
  if (faults) throw invalid(faults);
}

/** A place among what runs, as a request has; whoever waits too long is told. */
async function admitted<T>({ admission, deadlines }: Shared, work: () => Promise<T>): Promise<T> {
  if (!(await admission.enter())) throw new AppError('SERVICE_UNAVAILABLE', { reason: 'overloaded' }, 1);
  return new Promise((resolve, reject) => {
    const expire = () => reject(new AppError('SERVICE_UNAVAILABLE', { reason: 'timeout' }, 1));
    const pending: Pending = { since: performance.now(), expire };
    deadlines.add(pending);
    work()
      .then(resolve, reject)
      .finally(() => {
        deadlines.remove(pending);
        admission.leave();
      });
  });
}

function pong({ shared }: Session, frame: Incoming): Frame {
  check(shared, Ping, frame);
  const { timestamp = null } = frame.data;
  return { type: 'pong', data: { timestamp, server_time: new Date(shared.deps.now()).toISOString() } };
}

function disconnect(session: Session, frame: Incoming): undefined {
  check(session.shared, Disconnect, frame);
  session.close('goodbye', '');
}
