import { type Address, type AddressBlocks, isPlainIPv4, parseAddress } from '../address.ts';

/** Hops of a header that are looked at; no real chain is as long. */
const MAX_HOPS = 32;

/**
 * The address of the client: that of the connection (`peer`), unless it is a trusted proxy's; then the rightmost entry
 * of `X-Forwarded-For` that is not one. Entries further left may have been written by anybody. At an entry that is no
 * address the search ends with the hop that reported it.
 *
 * The answer is in canonical form (an IPv4 address inside IPv6 as IPv4), and `unknown` when there is no
 * peer address, as on a Unix socket.
 */
export function clientAddress(
  peer: string | undefined,
  xForwardedFor: string | readonly string[] | undefined,
  trustedProxies: AddressBlocks,
): string {
  if (trustedProxies.length === 0 && peer !== undefined && isPlainIPv4(peer)) return peer;
  let nearest = parseAddress(peer ?? '');
  if (nearest === undefined) return 'unknown';
  const hops = typeof xForwardedFor === 'string' ? xForwardedFor : (xForwardedFor ?? []).join(',');
  let end = hops.length;
  for (let i = 0; i < MAX_HOPS && end > 0 && isTrusted(nearest, trustedProxies); i++) {
    const comma = hops.lastIndexOf(',', end - 1);
    const hop = parseAddress(bareAddress(hops.slice(comma + 1, end).trim()));
    if (hop === undefined) break;
    nearest = hop;
    end = comma;
  }
  return nearest.toString();
}

function isTrusted(address: Address, trusted: AddressBlocks): boolean {
  return trusted.some(([block, bits]) => block.kind() === address.kind() && address.match(block, bits));
}

/** `192.0.2.1:80`, `[2001:db8::1]:80` and `"2001:db8::1"`, as some proxies write them. */
function bareAddress(entry: string): string {
  const inner = /^"(.*)"$/.exec(entry)?.[1] ?? entry;
  return /^\[([^\]]*)\](?::\d{1,5})?$/.exec(inner)?.[1] ?? inner.replace(/^([\d.]+):\d{1,5}$/, '$1');
}
