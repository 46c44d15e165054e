import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { anyText } from '../../../test/harness/any_text.ts';
import { fileKinds } from '../../config_schema.ts';
import { detect } from './detect.ts';
import { inspect } from './inspect.ts';
import { kinds } from './kinds.ts';
import { originalName, safeName } from './names.ts';
import { zipKindOf } from './zip.ts';

async function kindOf(content: Buffer | string, name = 'a', pieces = 1_000): Promise<string | undefined> {
  const bytes = Buffer.from(content);
  async function* source() {
    for (let at = 0; at < bytes.length; at += pieces) yield bytes.subarray(at, at + pieces);
  }
  const { content: passing, result } = inspect(source(), Number.MAX_SAFE_INTEGER, () => new Error('never'));
  const parts: Uint8Array[] = [];
  for await (const part of passing) parts.push(part);
  assert.ok(Buffer.concat(parts).equals(bytes));
  return (await detect(result(), name)).kind;
}

const box = (type: string) => Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from(`ftyp${type}`), Buffer.alloc(12)]);

test('each kind is known by its first bytes', async () => {
  const samples: [Buffer | string, string | undefined][] = [
    [Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0]), 'jpg'],
    [Buffer.concat([Buffer.from('RIFF\0\0\0\0WEBPVP8 '), Buffer.alloc(20)]), 'webp'],
    [Buffer.concat([Buffer.from('RIFF\0\0\0\0WAVEfmt '), Buffer.alloc(20)]), 'wav'],
    [box('avif'), 'avif'],
    [box('isom'), 'mp4'],
    [box('M4A '), 'm4a'],
    [box('qt  '), 'mov'],
    [Buffer.concat([Buffer.from('fLaC\0\0\0\x22'), Buffer.alloc(40)]), 'flac'],
    [Buffer.concat([Buffer.from([0xff, 0xfb, 0x90, 0x44]), Buffer.alloc(400)]), 'mp3'],
    [Buffer.concat([Buffer.from('ID3\x04\0\0\x00\x7f\x7f\x7f', 'latin1'), Buffer.alloc(400, 1)]), 'mp3'],
    [Buffer.concat([Buffer.from('PK\x05\x06', 'latin1'), Buffer.alloc(18)]), 'zip'],
    [Buffer.from('\x1f\x8b\x08\0\0\0\0\0', 'latin1'), undefined],
    [Buffer.from('#!/bin/sh\necho hi\n'), 'txt'],
    ['\ufeff<svg>', 'svg'],
    [`<!DOCTYPE svg PUBLIC "x" "y">\n<svg width="1">`, 'svg'],
    [`<!-- ${'x'.repeat(100)} --><svg/>`, 'svg'],
    ['<svgx>', 'txt'],
    ['{"a"', 'txt'],
  ];
  for (const [content, kind] of samples) assert.equal(await kindOf(content), kind, String(content).slice(0, 40));
});

test('a text is one wherever it is cut, and stays none with one byte too many', async () => {
  const text = 'aé漢👍'.repeat(50);
  for (let pieces = 1; pieces < 12; pieces++) assert.equal(await kindOf(text, 'a.txt', pieces), 'txt');
  assert.equal(await kindOf(`${text}\0`, 'a.txt'), undefined);
  assert.equal(await kindOf(Buffer.concat([Buffer.from(text), Buffer.from([7])])), undefined);
});

test('whatever comes, there is an answer', async () => {
  const starts = [
    '',
    'PK\x03\x04',
    'PK\x05\x06',
    '\x89PNG\r\n\x1a\n',
    'GIF89a',
    'RIFF',
    '\0\0\0\x18ftyp',
    '\x1aE\xdf\xa3',
    '<',
    '<!--',
    '<?xml',
    'ID3',
    'OggS',
  ];
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 300 }), async (start, rest) => {
      const kind = await kindOf(Buffer.concat([Buffer.from(start, 'latin1'), rest]));
      assert.ok(kind === undefined || kind in kinds);
    }),
    { numRuns: 300 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ maxLength: 60 }), (directory, rest) => {
      const end = Buffer.alloc(22);
      end.write('PK\x05\x06', 'latin1');
      end.set(rest.subarray(0, 14), 8);
      end.writeUInt16LE(0, 20);
      zipKindOf(Buffer.from('PK\x03\x04', 'latin1'), Buffer.concat([directory, end]));
    }),
  );
});

test('names are safe whatever they were, and keep what they can', () => {
  fc.assert(
    fc.property(anyText(400), fc.constantFrom(...fileKinds), (sent, kind) => {
      const name = safeName(sent, kind);
      assert.ok(Buffer.byteLength(name) <= 255 && Buffer.byteLength(originalName(sent)) <= 255);
      assert.ok(
        name.isWellFormed() && !/[/\\\p{Cc}]/u.test(name) && !/^[.\s]|[.\s]$/u.test(name),
        JSON.stringify(name),
      );
      assert.ok(kinds[kind].endings.includes(name.slice(name.lastIndexOf('.') + 1).toLowerCase()));
    }),
    { numRuns: 1_000 },
  );
  assert.equal(safeName('Ferien 2026.JPG', 'jpg'), 'Ferien 2026.JPG');
  assert.equal(safeName('nul.tar.gz', 'zip'), '_nul.tar.gz.zip');
});
