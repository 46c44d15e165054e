import ipaddr from 'ipaddr.js';

export type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** The usual four decimal numbers only: the library also reads octal, hexadecimal and shortened forms. */
export function isPlainIPv4(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text);
}

/** An IPv4 or IPv6 address; one of IPv4 inside IPv6 as IPv4. */
export function parseAddress(text: string): Address | undefined {
  if (isPlainIPv4(text)) return ipaddr.IPv4.parse(text);
  const zoneless = text.replace(/%[\w.-]*$/, ''); // `fe80::1%eth0`: the zone is this machine's affair
  if (zoneless.length > 45 || !ipaddr.IPv6.isValid(zoneless)) return undefined;
  const address = ipaddr.IPv6.parse(zoneless);
  return address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
}

const LABEL = '[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?';
// A last part of digits alone is that of an IPv4 address, and one that is not whole.
const NAME = new RegExp(`^(${LABEL}\\.)*(?!\\d+\\.?$)${LABEL}\\.?$`, 'i');

/** What one can listen on: an address or a name. */
export function isHost(text: string): boolean {
  return parseAddress(text) !== undefined || (text.length <= 253 && NAME.test(text));
}

/**
 * What limits count for an address: itself for IPv4, its /64 for IPv6, since one customer has at least that many to
 * choose from. The block in which NAT64 wraps all of IPv4 is taken apart.
 */
export function addressKey(address: string): string {
  if (!address.includes(':')) return address;
  const parsed = parseAddress(address);
  if (parsed === undefined) return address;
  if (parsed.kind() === 'ipv4') return parsed.toString();
  const { parts } = parsed as ipaddr.IPv6;
  if (parsed.match(NAT64)) return ipv4Of(parts).toString();
  return `${new ipaddr.IPv6([...parts.slice(0, 4), 0, 0, 0, 0]).toString()}/64`;
}

const NAT64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96');

function ipv4Of(parts: number[]): ipaddr.IPv4 {
  const [high = 0, low = 0] = parts.slice(6);
  return new ipaddr.IPv4([high >> 8, high & 255, low >> 8, low & 255]);
}

/** Networks that the configuration names. */
export type AddressBlocks = readonly (readonly [Address, number])[];

/**
 * Reads a list of addresses and CIDR blocks. Answers what it could read and a sentence for each entry that it could not.
 */
export function parseBlocks(entries: readonly string[]): { blocks: AddressBlocks; faults: string[] } {
  const blocks: (readonly [Address, number])[] = [];
  const faults: string[] = [];
  for (const entry of entries) {
    const block = parseBlock(entry);
    if (block === undefined) faults.push(`"${entry}" is neither an IP address nor a CIDR block`);
    else blocks.push(block);
  }
  return { blocks, faults };
}

function parseBlock(entry: string): readonly [Address, number] | undefined {
  const [base = '', bits, ...more] = entry.split('/');
  const address = parseAddress(base);
  if (address === undefined || more.length > 0) return undefined;
  const width = address.kind() === 'ipv4' ? 32 : 128;
  if (bits === undefined) return [address, width];
  // A block of IPv4 addresses inside IPv6 counts its bits from the start of the longer form.
  const length = Number(bits) - (width === 32 && base.includes(':') ? 96 : 0);
  if (!/^\d{1,3}$/.test(bits) || length < 0 || length > width) return undefined;
  return [address, length];
}
