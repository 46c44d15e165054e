import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { after, describe, it, test } from 'node:test';
import { isForbidden, literalOf } from '../../src/adapters/outgoing/addresses.ts';
import { createOutgoing } from '../../src/adapters/outgoing/undici.ts';
import { parseBlocks } from '../../src/address.ts';
import { createTestApp } from '../harness/app.ts';
import { startReceiver } from './receiver.ts';

/** Spellings of what is not public, all of which name an address. */
const spellings: readonly string[] = [
  ...[
    '127.0.0.1',
    '127.1',
    '127.0.1',
    '0x7f.1',
    '0x7f000001',
    '0x7f.0.0.1',
    '0177.0.0.1',
    '017700000001',
    '2130706433',
  ],
  ...[
    '127.0.0.1.',
    '127.255.255.254',
    '127.0.0.1%2e',
    '１２７.０.０.１',
    '127。0。0。1',
    '①②⑦.0.0.1',
    '0',
    '0.0.0.0',
    '0x0',
  ],
  ...['localhost', 'LOCALHOST', 'localhost.', 'a.localhost', 'a.b.localhost.', 'ｌocalhost', 'loc%61lhost'],
  ...[
    '10.0.0.1',
    '10.255.255.255',
    '10.1',
    '0xa.1',
    '012.0.0.1',
    '167772161',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.0.1',
  ],
  ...['192.168.1', '3232235521', '169.254.169.254', '0xa9fea9fe', '2852039166', '0251.0376.0251.0376', '169.254.0.1'],
  ...['100.64.0.1', '100.100.100.200', '168.63.129.16', '192.0.0.192', '192.0.2.1', '198.18.0.1', '198.51.100.1'],
  ...['203.0.113.1', '192.88.99.1', '224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255', '4294967295'],
  ...['[::]', '[::1]', '[0:0:0:0:0:0:0:1]', '[::0001]', '[::127.0.0.1]', '[::7f00:1]', '[::ffff:127.0.0.1]'],
  ...[
    '[::ffff:7f00:1]',
    '[::FFFF:7F00:0001]',
    '[0:0:0:0:0:ffff:127.0.0.1]',
    '[::ffff:10.0.0.1]',
    '[::ffff:169.254.169.254]',
  ],
  ...['[::ffff:0:127.0.0.1]', '[64:ff9b::127.0.0.1]', '[64:ff9b::7f00:1]', '[64:ff9b::a9fe:a9fe]', '[64:ff9b:1::1]'],
  ...[
    '[2002:7f00:1::]',
    '[2002:7f00:0001::1]',
    '[2002:a00:1::]',
    '[2002:a9fe:a9fe::]',
    '[2001:0:7f00:1::]',
    '[2001::1]',
  ],
  ...['[2001:db8::1]', '[2001:10::1]', '[2001:20::1]', '[100::1]', '[3fff::1]', '[5f00::1]', '[fc00::1]', '[fd00::1]'],
  ...['[fd00:ec2::254]', '[fe80::1]', '[febf::1]', '[fec0::1]', '[ff02::1]', '[ff0e::1]', '[4000::1]', '[e000::1]'],
];
const open = [
  '8.8.8.8',
  '1.1.1.1',
  '172.15.0.1',
  '172.32.0.1',
  '100.63.0.1',
  '[2606:4700::1111]',
  '[64:ff9b::8.8.8.8]',
  '[2002:808:808::]',
];

test('every spelling of what is not public is forbidden, and what is public is not', () => {
  assert.ok(spellings.length >= 90, `${spellings.length}`);
  for (const host of spellings) {
    const literal = literalOf(new URL(`https://${host}/`));
    assert.ok(literal !== undefined && isForbidden(literal, []), host);
  }
  for (const host of open) {
    const literal = literalOf(new URL(`https://${host}/`));
    assert.ok(literal !== undefined && !isForbidden(literal, []), host);
  }
  for (const name of ['example.com', 'localhost.example.com', 'notlocalhost'])
    assert.equal(literalOf(new URL(`https://${name}/`)), undefined, name);
  for (const nonsense of ['', 'example.com', '1.2.3', '::1%', 'fe80::1%eth0', '0x7f.1'])
    assert.ok(isForbidden(nonsense, []), nonsense);
});

test('what is allowed by a block is allowed in every spelling, and nothing beside it', () => {
  const { blocks } = parseBlocks(['127.0.0.1', '10.0.0.0/8', '::1', 'fd00::/8']);
  for (const address of ['127.0.0.1', '::ffff:127.0.0.1', '64:ff9b::7f00:1', '10.9.9.9', '::1', 'fd12::1'])
    assert.equal(isForbidden(address, blocks), false, address);
  for (const address of ['127.0.0.2', '::2', 'fe80::1', '169.254.169.254'])
    assert.equal(isForbidden(address, blocks), true, address);
});

describe('a server with nothing opened', async () => {
  const names = new Map<string, readonly string[]>();
  const resolve = async (name: string) => {
    const found = names.get(name);
    if (!found) throw new Error(`No such name: ${name}`);
    return found;
  };
  const app = await createTestApp('sqlite', {}, { resolve });
  after(app.close);
  const room = await app.admin.post('/rooms', { name: 'Garden' }, 201);
  const make = (url: string, status: number) =>
    app.admin.post('/webhooks', { url, events: ['message_sent'], room_id: room.id }, status);

  it('refuses each of them when it is named, and says which setting opens it', async () => {
    await app.unchanged(async () => {
      for (const host of spellings) {
        const error = await make(`https://${host}/hook`, 400);
        assert.equal(error.code, 'VALIDATION_FAILED', host);
        assert.deepEqual([error.details.field, error.details.reason], ['url', 'forbidden_address'], host);
        assert.equal(error.details.setting, 'WEBHOOK_ALLOWED_CIDRS');
      }
      const error = await make('http://example.com/', 400);
      assert.deepEqual([error.details.reason, error.details.setting], ['http_not_allowed', 'WEBHOOK_ALLOW_HTTP']);
    });
  });

  it('refuses a name that leads there, and takes one that leads nowhere yet', async () => {
    names.set('inside.example', ['10.0.0.1']);
    names.set('both.example', ['8.8.8.8', '127.0.0.1']);
    for (const name of ['inside.example', 'both.example']) {
      const error = await app.unchanged(() => make(`https://${name}/`, 400));
      assert.equal(error.details.reason, 'forbidden_address');
    }
    const made = await make('https://later.example/', 201);
    assert.deepEqual(await told(made.id), [null, 'name_not_resolved']);
    names.set('later.example', ['169.254.169.254']);
    assert.deepEqual(await told(made.id), [null, 'forbidden_address']);
    const patched = await app.unchanged(() =>
      app.admin.patch(`/webhooks/${made.id}`, { url: 'https://inside.example/' }, 400),
    );
    assert.equal(patched.details.reason, 'forbidden_address');
  });

  async function told(id: number) {
    const { status_code, error } = await app.admin.post(`/webhooks/${id}/test`, {}, 200);
    return [status_code, error];
  }

  it('takes no other address than one of the web, and none that hides where it goes', async () => {
    const wrong: Record<string, readonly string[]> = {
      not_a_url: [
        '',
        'nonsense',
        '/path',
        'https://',
        'ftp://example.com/',
        'file:///etc/passwd',
        'javascript:alert(1)',
        'https://[::1',
        'https://a..b:99999/',
      ],
      credentials: ['https://me@example.com/', 'https://me:secret@example.com/'],
      forbidden_character: [
        'https://example.com/ x',
        ' https://example.com/',
        'https://exam\tple.com/',
        'https://example.com/\u202e',
        'https://exam\u200bple.com/',
        'https://example.com/\u0000',
      ],
    };
    await app.unchanged(async () => {
      for (const [reason, urls] of Object.entries(wrong))
        for (const url of urls) {
          const { details } = await make(url, 400);
          assert.deepEqual([details.field, details.reason], ['url', reason], JSON.stringify(url));
        }
      const { details } = await make(`https://example.com/${'x'.repeat(2_048)}`, 400);
      assert.deepEqual([details.field, details.reason], ['url', 'too_long']);
    });
  });
});

describe('connections', async () => {
  const receiver = await startReceiver();
  const { port } = new URL(receiver.url);
  after(receiver.close);
  const body = { headers: { 'content-type': 'application/json' }, body: '{}' };
  const settings = { connectMs: 1_000, totalMs: 2_000 };

  it('a name that resolves elsewhere the second time is judged again: nothing arrives', async () => {
    const answers = [['8.8.8.8'], ['127.0.0.1']];
    let asked = 0;
    const outgoing = createOutgoing({
      ...settings,
      allowed: [],
      resolve: async () => answers[asked++] ?? ['127.0.0.1'],
    });
    const url = new URL(`http://rebind.example:${port}/`);
    assert.equal(await outgoing.isForbidden(url), false);
    const outcome = await outgoing.post(url, body);
    assert.deepEqual([outcome.error, outcome.statusCode], ['forbidden_address', null]);
    for (const host of ['127.0.0.1', '[::ffff:127.0.0.1]', '0x7f.1', 'localhost', 'localhost.'])
      assert.equal((await outgoing.post(new URL(`http://${host}:${port}/`), body)).error, 'forbidden_address', host);
    assert.equal(receiver.received.length, 0);
    await outgoing.close();
  });

  it('a redirection is not followed, wherever it leads', async () => {
    const { blocks } = parseBlocks(['127.0.0.1']);
    const outgoing = createOutgoing({ ...settings, allowed: blocks });
    receiver.answer = (_, response) => response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end();
    const outcome = await outgoing.post(new URL(receiver.url), body);
    assert.deepEqual([outcome.statusCode, outcome.error], [307, null]);
    assert.equal(receiver.received.length, 1);
    await outgoing.close();
  });

  it('whoever hangs, drips, closes, talks nonsense or for ever is left after his time', async () => {
    const { blocks } = parseBlocks(['127.0.0.1']);
    const outgoing = createOutgoing({ allowed: blocks, connectMs: 500, totalMs: 500 });
    const deeds: Record<string, (socket: import('node:net').Socket) => void> = {
      hang: () => undefined,
      close: (socket) => socket.end(),
      reset: (socket) => socket.resetAndDestroy(),
      nonsense: (socket) => socket.end('what?\r\n\r\n'),
      drip: (socket) => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n');
        const drip = setInterval(() => socket.write('x'), 20);
        socket.on('close', () => clearInterval(drip)).on('error', () => undefined);
      },
      flood: (socket) => {
        socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
        const more = () => {
          while (socket.write(`1000\r\n${'y'.repeat(4_096)}\r\n`));
        };
        socket.on('drain', more).on('error', () => undefined);
        more();
      },
    };
    const ends: Record<string, unknown> = {};
    for (const [name, deed] of Object.entries(deeds)) {
      const server = createServer((socket) => {
        socket.on('error', () => undefined);
        socket.once('data', () => deed(socket));
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const outcome = await outgoing.post(new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`), body);
      ends[name] = [outcome.statusCode, outcome.error, (outcome.excerpt ?? '').length];
      server.close();
    }
    assert.deepEqual(ends, {
      hang: [null, 'timeout', 0],
      close: [null, 'connection_closed', 0],
      reset: [null, 'connection_closed', 0],
      nonsense: [null, 'not_http', 0],
      drip: [200, 'timeout', 0],
      flood: [200, null, 1_024],
    });
    const refused = await outgoing.post(new URL('http://127.0.0.1:1/'), body);
    assert.equal(refused.error, 'connection_refused');
    await outgoing.close();
  });

  it('a certificate that nobody vouches for is refused', async () => {
    const { createServer: createSecure } = await import('node:tls');
    const { blocks } = parseBlocks(['127.0.0.1']);
    const outgoing = createOutgoing({ ...settings, allowed: blocks });
    const { key, cert } = await import('./self_signed.ts');
    const server = createSecure({ key, cert }, (socket) => socket.end('HTTP/1.1 204 No Content\r\n\r\n'));
    server.on('tlsClientError', () => undefined);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const outcome = await outgoing.post(new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}/`), body);
    assert.deepEqual([outcome.statusCode, outcome.error], [null, 'tls']);
    server.close();
    await outgoing.close();
  });
});
