import { type FieldFault, invalid } from '../errors.ts';
import { readJson } from '../http/json.ts';

/** A frame a client has sent. */
export interface Incoming {
  readonly type: string;
  readonly data: Record<string, unknown>;
  /** Repeated in the answer. */
  readonly requestId: string | undefined;
}

const MAX_REQUEST_ID = 128;

/** Reads a frame; raises 400 for what is none. */
export function readFrame(bytes: Buffer): Incoming {
  const frame = readJson(bytes, 'frame');
  if (!isObject(frame)) throw invalid([{ field: 'frame', reason: 'wrong_type', expected: 'object' }]);
  const { type, data = {}, request_id: requestId } = frame;
  const faults: FieldFault[] = [];
  if (typeof type !== 'string') faults.push({ field: 'type', reason: 'wrong_type', expected: 'string' });
  if (!isObject(data)) faults.push({ field: 'data', reason: 'wrong_type', expected: 'object' });
  if (requestId !== undefined && !isRequestId(requestId)) faults.push({ field: 'request_id', reason: 'invalid' });
  if (faults.length > 0) throw invalid(faults);
  return { type: type as string, data: data as Incoming['data'], requestId: requestId as string | undefined };
}

/** What can be repeated of a frame that is refused as a whole. */
export function requestIdIn(bytes: Buffer): string | undefined {
  try {
    const { request_id } = JSON.parse(bytes.toString()) as { request_id?: unknown };
    return isRequestId(request_id) ? request_id : undefined;
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isRequestId = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= MAX_REQUEST_ID && value.isWellFormed();
