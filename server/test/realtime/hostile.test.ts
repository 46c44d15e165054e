import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { engines } from '../engines.ts';
import { createTestApp, type TestApp } from '../harness/app.ts';
import type { Person } from '../harness/people.ts';
import { frameBytes, opcodes, openRaw, textFrame } from './raw_socket.ts';
import { type Client, connect, listen } from './socket.ts';

const ping = JSON.stringify({ type: 'ping', data: {} });
const inPieces = (count: number, last: boolean): Buffer[] => [
  frameBytes(opcodes.text, '', { fin: false }),
  ...Array.from({ length: count }, () => frameBytes(opcodes.continuation, '', { fin: false })),
  frameBytes(opcodes.continuation, ping, { fin: last }),
];

/** What is sent, and the code it is closed with; 0 where nothing closes it. */
const attacks: Record<string, readonly [code: number, ...frames: Buffer[]]> = {
  'a binary frame': [1003, frameBytes(opcodes.binary, ping)],
  'an empty binary frame': [1003, frameBytes(opcodes.binary, '')],
  'a frame of 64 KiB and one byte': [1009, frameBytes(opcodes.text, 'x'.repeat(65_537))],
  'a header that promises a terabyte': [1009, frameBytes(opcodes.text, '', { length: 2 ** 40 })],
  'a header that promises more than there are numbers': [1009, frameBytes(opcodes.text, '', { length: 2 ** 60 })],
  'pieces that are too much together': [
    1009,
    frameBytes(opcodes.text, 'x'.repeat(40_000), { fin: false }),
    frameBytes(opcodes.continuation, 'x'.repeat(40_000)),
  ],
  'pieces without end': [1008, ...inPieces(20_000, false)],
  'what is not UTF-8': [1007, frameBytes(opcodes.text, Buffer.from([0x7b, 0xff, 0xfe]))],
  'half a surrogate pair, as UTF-8 would write it': [1007, frameBytes(opcodes.text, Buffer.from('22eda08022', 'hex'))],
  'a letter cut in two by the end': [1007, frameBytes(opcodes.text, Buffer.from([0x22, 0xc3]))],
  'a frame without a mask': [1002, frameBytes(opcodes.text, ping, { masked: false })],
  'the bit of a compression nobody has offered': [1002, frameBytes(opcodes.text, ping, { reserved: 4 })],
  'a reserved bit': [1002, frameBytes(opcodes.text, ping, { reserved: 1 })],
  'a reserved kind': [1002, frameBytes(3, ping)],
  'a reserved kind of control': [1002, frameBytes(11, '')],
  'a ping that is too long': [1002, frameBytes(opcodes.ping, 'x'.repeat(126))],
  'a ping in pieces': [1002, frameBytes(opcodes.ping, 'x', { fin: false })],
  'a continuation of nothing': [1002, frameBytes(opcodes.continuation, ping)],
  'a text within another': [1002, frameBytes(opcodes.text, '{', { fin: false }), frameBytes(opcodes.text, ping)],
  'a close with one byte': [1002, frameBytes(opcodes.close, 'x')],
  'a close with a code there is not': [1002, frameBytes(opcodes.close, Buffer.from([0, 1]))],
  'a close with a code nobody may send': [1002, frameBytes(opcodes.close, Buffer.from([0x03, 0xed]))],
  'a close whose reason is not UTF-8': [1007, frameBytes(opcodes.close, Buffer.from([0x03, 0xe8, 0xff]))],
  'a close of its own': [3000, frameBytes(opcodes.close, Buffer.from([0x0b, 0xb8]))],
  'no WebSocket at all': [1002, Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')],
  'bytes of zero': [1002, Buffer.alloc(4_096)],
};

for (const engine of engines)
  describe(`hostile bytes on ${engine}`, () => {
    let app: TestApp;
    let url: string;
    let mallory: Person;
    let watching: Client;
    before(async () => {
      app = await createTestApp(engine);
      url = await listen(app);
      mallory = await app.register('mallory');
      watching = await connect(url, await app.register('alice'));
    });
    after(() => app.close());
    const known = () => [`Authorization: Bearer ${mallory.token}`];

    for (const [what, [code, ...frames]] of Object.entries(attacks))
      test(`${what} closes with ${code}, known or not, and nothing is written`, () =>
        app.unchanged(async () => {
          for (const lines of [[], known()]) {
            const raw = await openRaw(url, lines);
            for (const frame of frames) raw.write(frame);
            assert.equal(await raw.closed(), code);
            raw.socket.destroy();
          }
          await watching.ask('ping', {}, 'pong');
        }));

    test('a frame in pieces is a frame, with pings between them', async () => {
      const raw = await openRaw(url, known());
      for (const [at, piece] of inPieces(5_000, true).entries()) {
        raw.write(piece);
        if (at % 1_000 === 0) raw.write(frameBytes(opcodes.ping, 'x'));
      }
      raw.write(textFrame({ type: 'disconnect', data: {} }));
      assert.equal(await raw.closed(), 1000);
      assert.ok(raw.texts().some(({ type }) => type === 'pong'));
      raw.socket.destroy();
    });

    test('a frame byte by byte is a frame, and one that never ends keeps nobody', async () => {
      const [slow, endless] = [await openRaw(url, known()), await openRaw(url, known())];
      endless.write(frameBytes(opcodes.text, ping.slice(0, 3), { length: 60_000 }));
      for (const byte of textFrame({ type: 'disconnect', data: {} })) slow.write(Buffer.from([byte]));
      assert.equal(await slow.closed(), 1000);
      await watching.ask('ping', {}, 'pong');
      slow.socket.destroy();
      endless.socket.resetAndDestroy();
    });

    test('frames after the end are not looked at', async () => {
      const raw = await openRaw(url, known());
      const { id } = await app.admin.post('/rooms', { name: 'Trap' }, 201);
      raw.write(
        Buffer.concat([frameBytes(opcodes.binary, 'x'), textFrame({ type: 'join_room', data: { room_id: id } })]),
      );
      assert.equal(await raw.closed(), 1003);
      raw.socket.destroy();
      assert.equal((await app.admin.get(`/rooms/${id}/members`, 200)).total, 1);
    });

    test('a crowd of frames in one breath is answered, each in its turn', async () => {
      const raw = await openRaw(url, known());
      const many = Array.from({ length: 2_000 }, (_, at) => textFrame({ type: 'ping', data: { timestamp: at } }));
      raw.write(Buffer.concat([...many, textFrame({ type: 'disconnect', data: {} })]));
      assert.equal(await raw.closed(), 1000);
      const pongs = raw.texts().filter(({ type }) => type === 'pong');
      assert.deepEqual(
        pongs.map(({ data }) => data.timestamp),
        many.map((_, at) => at),
      );
      raw.socket.destroy();
    });
  });
