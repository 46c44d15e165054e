import type { Server } from 'node:http';
import type { FastifyHttpOptions } from 'fastify';

/**
 * Fastify's router answers a path that it cannot decode by itself. It gets the path again with half a surrogate pair in place of
 * what says nothing, which no decoding gives: so the path's own route refuses it, in its turn.
 */
export const routeUndecodable: NonNullable<FastifyHttpOptions<Server>['frameworkErrors']> = (
  _error,
  { raw, server },
  reply,
) => {
  const { url = '' } = raw;
  // What does not begin as a path, or was given back before, cannot be mended: it must not come here again.
  raw.url = url.startsWith('/') && !url.includes(UNDECODED) ? decodable(url) : UNROUTABLE;
  server.routing(raw, reply.raw);
};

const UNDECODED = '\ud800';

/** A path in place of an address that is none; openCall refuses it. */
export const UNROUTABLE = '/\udfff';

/** The same address, its path without what cannot be decoded. */
function decodable(url: string): string {
  const end = url.search(/[?#]|$/);
  return (
    url.slice(0, end).replaceAll(/(?:%[0-9a-f]{2})+|%/gi, (octets) => (isText(octets) ? octets : UNDECODED)) +
    url.slice(end)
  );
}

function isText(octets: string): boolean {
  try {
    decodeURIComponent(octets);
    return true;
  } catch {
    return false;
  }
}
