import ipaddr from 'ipaddr.js';
import { type Address, type AddressBlocks, parseAddress } from '../../address.ts';

const blocks = (...cidrs: string[]): AddressBlocks => cidrs.map((cidr) => ipaddr.parseCIDR(cidr));

/** IANA's special-purpose registry, and 168.63.129.16, at which Azure answers its machines. */
const special4 = blocks(
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
  ...['192.0.2.0/24', '192.31.196.0/24', '192.52.193.0/24', '192.88.99.0/24', '192.168.0.0/16', '192.175.48.0/24'],
  ...['198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4', '168.63.129.16/32'],
);
/** All that is routed in public is within this … */
const global6 = blocks('2000::/3');
/** … but for protocol assignments (Teredo among them), documentation, and what RFC 9637 adds to it. */
const special6 = blocks('2001::/23', '2001:db8::/32', '2620:4f:8000::/48', '3fff::/20');
const NAT64 = blocks('64:ff9b::/96');
const SIX_TO_FOUR = blocks('2002::/16');

const isWithin = (address: Address, known: AddressBlocks) =>
  known.some(([base, bits]) => base.kind() === address.kind() && address.match(base as never, bits));

/**
 * Whether nothing may be sent there: an address that is not public, unless it is in a block that was allowed. What carries an IPv4
 * address inside is judged by that.
 */
export function isForbidden(text: string, allowed: AddressBlocks): boolean {
  const address = parseAddress(text);
  return address === undefined || isForbiddenAddress(address, allowed);
}

function isForbiddenAddress(address: Address, allowed: AddressBlocks): boolean {
  if (isWithin(address, allowed)) return false;
  if (address.kind() === 'ipv4') return isWithin(address, special4);
  const { parts } = address as ipaddr.IPv6;
  if (isWithin(address, NAT64)) return isForbiddenAddress(ipv4Of(parts[6], parts[7]), allowed);
  if (isWithin(address, SIX_TO_FOUR)) return isForbiddenAddress(ipv4Of(parts[1], parts[2]), allowed);
  return !isWithin(address, global6) || isWithin(address, special6);
}

function ipv4Of(high = 0, low = 0): ipaddr.IPv4 {
  return new ipaddr.IPv4([high >> 8, high & 255, low >> 8, low & 255]);
}

/** The host of a URL as an address, where it is one: the URL parser has read every spelling of it. */
export function literalOf({ hostname }: URL): string | undefined {
  const host = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
  if (parseAddress(host) !== undefined) return host;
  // RFC 6761: these are this machine, whatever a resolver says of them.
  return /(^|\.)localhost\.?$/.test(host) ? '127.0.0.1' : undefined;
}
