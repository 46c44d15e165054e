import type { IncomingMessage } from 'node:http';
import { createGunzip } from 'node:zlib';
import { Busboy, type BusboyFileStream, type BusboyInstance } from '@fastify/busboy';
import type { TObject } from 'typebox';
import type { Config } from '../config.ts';
import type { Deps } from '../context.ts';
import { AppError, type FieldFault, invalid, invalidField } from '../errors.ts';
import type { IncomingFile, IncomingForm } from '../form.ts';
import { isStillKnown } from './authenticate.ts';
import type { Call } from './call.ts';
import { codingOf, longestPacked, malformedGzip, unknownCoding } from './coding.ts';
import { discard } from './discard.ts';
import { idempotencyOf } from './idempotency.ts';
import { planOf, readQuery } from './parameters.ts';
import type { Route } from './route.ts';
import type { CheckOf } from './validation.ts';

/** What fields, boundaries and the headers of parts may take beside the file. */
const BESIDE_THE_FILE = 128 * 1024;
const FILE = 'file';
const limits = {
  fieldNameSize: 100,
  fieldSize: 8 * 1024,
  fields: 16,
  files: 1,
  parts: 17,
  headerPairs: 16,
  headerSize: 8 * 1024,
};

type Fields = Record<string, unknown>;
/** Raises what is wrong with them. */
type ReadFields = (entries: readonly Entry[]) => Fields;
type Entry = readonly [name: string, text: string];

/** What a route's handler reads its form with; undefined where it declares none. */
export function formReader(
  route: Route,
  deps: Deps,
  checkOf: CheckOf,
): ((call: Call) => IncomingForm<Fields>) | undefined {
  if (route.form === undefined) return undefined;
  const readFields = fieldsReader(route.form, checkOf);
  const most = deps.config.MAX_FILE_BYTES;
  return (call) => ({
    read: async (keep) => {
      const { raw } = call.reply.request;
      refuseUnread(raw, most);
      const { entries, file, name } = await collect(call, most, readFields, keep).catch((error) => {
        discard(raw);
        throw error;
      });
      const fields = readFields(entries);
      if (!(await isStillKnown(deps, call))) throw new AppError('INVALID_TOKEN');
      const key = raw.headers['idempotency-key'];
      if (typeof key === 'string')
        call.idempotency = idempotencyOf(call, key, { query: call.query, fields, name, sha256: file.sha256 });
      return { fields, file, actor: call.actor, isRefused: () => call.answered };
    },
  });
}

/** Raises what the headers alone tell. */
function refuseUnread(incoming: IncomingMessage, most: Config['MAX_FILE_BYTES']): void {
  const type = incoming.headers['content-type'] ?? '';
  if (!/^multipart\/form-data\s*(;|$)/i.test(type))
    throw new AppError('UNSUPPORTED_MEDIA_TYPE', { allowed: ['multipart/form-data'] });
  const coding = codingOf(incoming.headers['content-encoding']);
  if (coding === 'unknown') throw unknownCoding();
  if (Number(incoming.headers['content-length'] ?? 0) > longestBody(most, coding)) throw tooLarge(most);
}

const tooLarge = (most: number) => new AppError('FILE_TOO_LARGE', { field: FILE, max_bytes: most });

function longestBody(most: number, coding: 'none' | 'gzip'): number {
  const longest = most + BESIDE_THE_FILE;
  return coding === 'gzip' ? longestPacked(longest) : longest;
}

function fieldsReader(schema: TObject, checkOf: CheckOf): ReadFields {
  const plan = planOf(schema);
  const check = checkOf(schema);
  return (entries) => {
    const faults: FieldFault[] = [];
    const written = new URLSearchParams(entries.map(([name, text]) => [name, text])).toString();
    const { values, ignored } = readQuery(plan, written, faults);
    faults.push(...ignored.map((field) => ({ field: field.slice(0, 100), reason: 'unknown_field' })));
    faults.push(...(check(values, 'body') ?? []));
    if (faults.length > 0) throw invalid(faults);
    return values as Fields;
  };
}

interface Collected<T> {
  readonly entries: readonly Entry[];
  readonly file: T;
  readonly name: string;
}

/** Takes the form apart as it comes: no more of it is held than the parts are read with. */
function collect<T>(
  { reply }: Call,
  most: number,
  readFields: ReadFields,
  keep: (file: IncomingFile<Fields>) => Promise<T>,
): Promise<Collected<T>> {
  const { raw: incoming } = reply.request;
  return new Promise((resolve, reject) => {
    const parser = parserOf(incoming);
    const gunzip = codingOf(incoming.headers['content-encoding']) === 'gzip' ? createGunzip() : undefined;
    const source = gunzip ?? incoming;
    const entries: Entry[] = [];
    let content: BusboyFileStream | undefined;
    let kept: Promise<{ file: T; name: string }> | undefined;
    let isOver = false;

    const leave = () => {
      isOver = true;
      source.unpipe(parser).off('data', count);
      if (gunzip) incoming.unpipe(gunzip).off('data', countPacked);
      gunzip?.destroy();
      incoming.off('error', cutOff).off('close', cutOff);
      reply.raw.off('close', cutOff);
    };
    const fail = (error: unknown) => {
      if (isOver) return;
      leave();
      parser.on('error', () => {});
      content?.on('error', () => {}).destroy(error as Error);
      // Whoever keeps the file has let go of it before the refusal is told.
      void (kept ?? Promise.reject(error)).then(
        () => reject(error),
        () => reject(error),
      );
    };
    const counter = (longest: number) => {
      let left = longest;
      return (chunk: Buffer) => {
        left -= chunk.length;
        if (left < 0) fail(tooLarge(most));
      };
    };
    const count = counter(longestBody(most, 'none'));
    // What is packed may be long and nothing.
    const countPacked = counter(longestBody(most, 'gzip'));
    // A body that has come whole is closed too, perhaps before all of it is written.
    const cutOff = () => incoming.readableEnded || fail(new AppError('REQUEST_TIMEOUT'));

    parser.on('field', (name, text, nameCut, textCut) => {
      if (nameCut || textCut) return fail(invalidField(name.slice(0, 100), 'too_long'));
      if (name === FILE) return fail(invalidField(FILE, 'wrong_type'));
      entries.push([name, text]);
    });
    parser.on('file', (name, stream, filename) => {
      stream.on('error', () => {});
      // The parser goes on to the end of what it was given.
      if (isOver) return void stream.resume();
      content = stream;
      if (name !== FILE) return fail(invalidField(String(name).slice(0, 100), 'unknown_field'));
      kept = start(stream, filename ?? '', entries, readFields, keep);
      kept.catch((error) => fail(error));
    });
    for (const limit of ['partsLimit', 'filesLimit', 'fieldsLimit'] as const)
      parser.on(limit, () => fail(invalidField(limit === 'filesLimit' ? FILE : 'body', 'too_many')));
    parser.on('error', () => fail(invalidField('body', 'malformed_multipart')));
    parser.on('finish', () => {
      if (isOver) return;
      leave();
      // Behind the end of what is packed anything may follow.
      if (gunzip) discard(incoming);
      if (kept === undefined) return reject(invalidField(FILE, 'required'));
      kept.then(({ file, name }) => resolve({ entries, file, name }), reject);
    });
    incoming.on('error', cutOff).on('close', cutOff);
    source.on('data', count);
    gunzip?.on('error', () => fail(malformedGzip()));
    // Where the answer is out already, since the time was up, nothing more is heard of the request.
    reply.raw.on('close', cutOff);
    if (gunzip) incoming.on('data', countPacked).pipe(gunzip);
    source.pipe(parser);
  });
}

async function start<T>(
  content: AsyncIterable<Buffer>,
  name: string,
  entries: readonly Entry[],
  readFields: ReadFields,
  keep: (file: IncomingFile<Fields>) => Promise<T>,
): Promise<{ file: T; name: string }> {
  return { file: await keep({ name, fields: readFields(entries), content }), name };
}

function parserOf(incoming: IncomingMessage): BusboyInstance {
  try {
    return new Busboy({
      headers: { ...incoming.headers, 'content-type': incoming.headers['content-type'] ?? '' },
      limits,
      // A part of another name that comes as a file is refused by its name.
      isPartAFile: (name, _type, filename) => name === FILE || filename !== undefined,
    });
  } catch {
    throw invalidField('Content-Type', 'boundary_missing');
  }
}
