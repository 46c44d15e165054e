import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addressKey, parseBlocks } from '../address.ts';
import { clientAddress } from './client_address.ts';

const { blocks: trusted } = parseBlocks(['10.0.0.0/8', '192.0.2.7', '2001:db8:ffff::/48']);
const seen = (peer: string | undefined, header?: string | string[]) => clientAddress(peer, header, trusted);

test('without trusted proxies the peer is the client, whatever a header says', () => {
  assert.equal(clientAddress('198.51.100.1', '1.2.3.4', []), '198.51.100.1');
  assert.equal(clientAddress('::ffff:198.51.100.1', '1.2.3.4', []), '198.51.100.1');
  assert.equal(clientAddress('::1', '1.2.3.4', []), '::1');
});

test('a peer that is not trusted is the client', () => {
  assert.equal(seen('198.51.100.1', '1.2.3.4'), '198.51.100.1');
  assert.equal(seen('2001:db8::1', '1.2.3.4'), '2001:db8::1');
});

test('behind trusted proxies the rightmost stranger is the client', () => {
  assert.equal(seen('10.1.2.3', '1.2.3.4'), '1.2.3.4');
  assert.equal(seen('10.1.2.3', 'evil, 6.6.6.6, 1.2.3.4, 192.0.2.7,10.0.0.1'), '1.2.3.4');
  assert.equal(seen('::ffff:10.1.2.3', '1.2.3.4'), '1.2.3.4');
  assert.equal(seen('2001:db8:ffff::9', '2001:DB8:0:0::1, 10.0.0.1'), '2001:db8::1');
  assert.equal(seen('10.1.2.3', ['6.6.6.6', '1.2.3.4, 10.0.0.1']), '1.2.3.4');
});

test('when all are trusted, the leftmost is the client', () => {
  assert.equal(seen('10.1.2.3', '10.0.0.5, 10.0.0.6'), '10.0.0.5');
  assert.equal(seen('10.1.2.3'), '10.1.2.3');
  assert.equal(seen('10.1.2.3', ''), '10.1.2.3');
  assert.equal(seen('10.1.2.3', []), '10.1.2.3');
});

test('ports, brackets, quotes and zones are read', () => {
  for (const [entry, address] of Object.entries({
    '1.2.3.4:5678': '1.2.3.4',
    '[2001:db8::1]:443': '2001:db8::1',
    '[2001:db8::1]': '2001:db8::1',
    '"[2001:db8::1]:443"': '2001:db8::1',
    'fe80::1%eth0': 'fe80::1',
    '::ffff:1.2.3.4': '1.2.3.4',
  })) {
    assert.equal(seen('10.1.2.3', entry), address, entry);
  }
});

test('the search ends at what is no address', () => {
  for (const bad of [
    'unknown',
    '_hidden',
    '',
    ' ',
    '0x7f000001',
    '127.1',
    '017.0.0.1',
    '1.2.3.4.5',
    '1.2.3.256',
    '1.2.3.4:x',
    '::1::',
  ]) {
    assert.equal(seen('10.1.2.3', bad), '10.1.2.3', bad);
    assert.equal(seen('10.1.2.3', `6.6.6.6, ${bad}, 10.0.0.9`), '10.0.0.9', bad);
  }
});

test('no peer, or one without an address, is unknown', () => {
  for (const peer of [undefined, '', '@', '/run/veza.sock']) assert.equal(seen(peer, '1.2.3.4'), 'unknown');
});

test('long and strange headers are answered, and with what a key can be made of', () => {
  assert.equal(seen('10.1.2.3', '10.0.0.1,'.repeat(100_000)), '10.1.2.3');
  assert.equal(seen('10.1.2.3', Array(100_000).fill('10.0.0.1').join()), '10.0.0.1');
  fc.assert(
    fc.property(fc.string(), fc.string(), (peer, header) => {
      assert.match(seen(peer, header), /^[\da-f.:]+$|^unknown$/);
      assert.match(seen('10.1.2.3', header), /^[\da-f.:]+$/);
      addressKey(header);
    }),
  );
});

test('IPv6 addresses of one /64 share a key, IPv4 addresses never', () => {
  assert.equal(addressKey('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2::/64');
  assert.equal(addressKey('2001:db8:1:2:ffff::'), '2001:db8:1:2::/64');
  assert.notEqual(addressKey('2001:db8:1:3::'), addressKey('2001:db8:1:2::'));
  assert.equal(addressKey('::1'), '::/64');
  assert.equal(addressKey('192.0.2.1'), '192.0.2.1');
  assert.equal(addressKey('::ffff:192.0.2.1'), '192.0.2.1');
  assert.equal(addressKey('64:ff9b::192.0.2.1'), '192.0.2.1');
  assert.equal(addressKey('unknown'), 'unknown');
});

test('trusted proxies are addresses and blocks', () => {
  const read = parseBlocks(['127.0.0.1', '10.0.0.0/8', '::1', '2001:db8::/32', '::ffff:172.16.0.0/108']);
  assert.deepEqual(read.faults, []);
  const through = (peer: string) => clientAddress(peer, '1.2.3.4', read.blocks);
  for (const peer of ['127.0.0.1', '10.255.0.1', '::1', '2001:db8:9::', '172.31.0.1'])
    assert.equal(through(peer), '1.2.3.4', peer);
  for (const peer of ['127.0.0.2', '11.0.0.0', '::2', '2001:db9::', '172.32.0.1']) assert.equal(through(peer), peer);
  assert.deepEqual(parseBlocks([]), { blocks: [], faults: [] });
  assert.equal(clientAddress('8.8.8.8', '1.2.3.4', parseBlocks(['0.0.0.0/0']).blocks), '1.2.3.4');
});

test('each entry that is neither is a fault, by name, and all are told at once', () => {
  const bad = [
    '*',
    'proxy.example',
    '10.0.0.0/33',
    '::/129',
    '10.0.0.0/',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '10.0.0/8',
    '1.2.3.4/x',
  ];
  const { blocks: none, faults } = parseBlocks(bad);
  assert.deepEqual(none, []);
  assert.deepEqual(
    faults,
    bad.map((entry) => `"${entry}" is neither an IP address nor a CIDR block`),
  );
});
