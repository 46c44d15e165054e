import { lookup } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import type { Agent, Dispatcher } from 'undici';
import type { AddressBlocks } from '../../address.ts';
import { isForbidden, literalOf } from './addresses.ts';
import { errorOf, Forbidden, NotResolved } from './faults.ts';
import type { Outcome, Outgoing, Post, Resolve } from './outgoing.ts';
import { readExcerpt, retryAfterOf } from './responses.ts';

interface Settings {
  readonly allowed: AddressBlocks;
  readonly connectMs: number;
  /** For a whole request, from the name to the end of the answer. */
  readonly totalMs: number;
  readonly resolve?: Resolve | undefined;
}

const systemResolve: Resolve = async (hostname) =>
  (await lookup(hostname, { all: true })).map(({ address }) => address);

/** How long a name may take to resolve when a target is only being looked at. */
const LOOK_MS = 2_000;

/**
 * Undici with connections of its own. Where a name leads is judged at each connection, on the very addresses it then uses, so that
 * a name which resolves elsewhere the second time gains nothing; literal addresses, for which no lookup is made, before it.
 */
export function createOutgoing({ allowed, connectMs, totalMs, resolve = systemResolve }: Settings): Outgoing {
  const judgedLookup: LookupFunction = (hostname, options, done) => {
    judgedAddresses(hostname, resolve, allowed).then(
      (addresses) => {
        const all = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
        const [first = { address: '', family: 4 }] = all;
        if (options.all) done(null, all);
        else done(null, first.address, first.family);
      },
      (error: Error) => done(error, ''),
    );
  };
  const makeAgent = async () => {
    const { Agent } = await import('undici');
    return new Agent({
      allowH2: false,
      pipelining: 1,
      keepAliveTimeout: 10_000,
      connect: { timeout: connectMs, lookup: judgedLookup },
    });
  };
  // Loaded at the first request: a server without webhooks starts without it.
  let made: Promise<Agent> | undefined;

  async function post(url: URL, request: Post, signal?: AbortSignal): Promise<Outcome> {
    const started = performance.now();
    const timeout = AbortSignal.timeout(totalMs);
    const either = signal ? AbortSignal.any([signal, timeout]) : timeout;
    const ended = (found: Partial<Outcome>): Outcome => ({
      ...{ statusCode: null, excerpt: null, retryAfterMs: null, error: null, isCutOff: signal?.aborted === true },
      ...found,
      durationMs: Math.round(performance.now() - started),
    });
    const literal = literalOf(url);
    if (literal !== undefined && isForbidden(literal, allowed)) return ended({ error: 'forbidden_address' });
    let answer: Dispatcher.ResponseData | undefined;
    try {
      made ??= makeAgent();
      answer = await (await made).request({
        origin: url.origin,
        path: `${url.pathname}${url.search}`,
        method: 'POST',
        headers: request.headers,
        body: request.body,
        signal: either,
        // The signal bounds the whole of it.
        headersTimeout: 0,
        bodyTimeout: 0,
      });
      const excerpt = await readExcerpt(answer.body);
      const { statusCode, headers } = answer;
      return ended({ statusCode, excerpt, retryAfterMs: retryAfterOf(headers['retry-after']), isCutOff: false });
    } catch (error) {
      const fault = timeout.aborted ? 'timeout' : errorOf(error);
      return ended({ statusCode: answer?.statusCode ?? null, error: fault });
    }
  }

  return {
    post,
    close: async () => (await made)?.destroy(),
    isForbidden: async (url) => {
      const literal = literalOf(url);
      if (literal !== undefined) return isForbidden(literal, allowed);
      const tooLong = new Promise<false>((done) => setTimeout(done, LOOK_MS, false).unref());
      const judged = judgedAddresses(url.hostname, resolve, allowed).then(
        () => false,
        (error) => error instanceof Forbidden,
      );
      return Promise.race([judged, tooLong]);
    },
  };
}

/** One forbidden address is enough: which of them a connection takes is not ours to say. */
async function judgedAddresses(hostname: string, resolve: Resolve, allowed: AddressBlocks): Promise<readonly string[]> {
  const addresses = await resolve(hostname).catch((error: unknown) => {
    throw new NotResolved(hostname, { cause: error });
  });
  if (addresses.length === 0) throw new NotResolved(hostname);
  if (addresses.some((address) => isForbidden(address, allowed))) throw new Forbidden(hostname);
  return addresses;
}
