import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, describe, it } from 'node:test';
import { textOf } from '../../src/db/statement.ts';
import { createTestApp, type TestApp } from '../harness/app.ts';
import { assertLikeExample } from '../harness/example.ts';
import { formOf } from '../harness/form.ts';
import { places } from './places.ts';
import { png, zipOf } from './samples.ts';
import { stored } from './stored.ts';

const sha256 = (content: string | Buffer) => createHash('sha256').update(content).digest('hex');
const printed = {
  file_id: 101,
  filename: 'document.pdf',
  original_filename: 'document.pdf',
  size: 245760,
  mime_type: 'application/pdf',
  url: '/api/v1/files/101/download',
  thumbnail_url: '/api/v1/files/101/thumbnail',
  uploaded_at: '2024-01-15T14:45:00Z',
};
const pdf = Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.alloc(3_000, 7)]);

for (const { name, engine, variables } of places) {
  describe(`files (${name})`, async () => {
    const app = await createTestApp(engine, { ...(await variables()), MAX_FILE_BYTES: '100000' });
    after(app.close);
    const [alice, bob, carol, mallory] = [
      await app.register('alice'),
      await app.register('bob'),
      await app.register('carol'),
      await app.register('mallory'),
    ];
    const room = await alice.post('/rooms', { name: 'plans', is_public: false }, 201);
    const elsewhere = await alice.post('/rooms', { name: 'elsewhere' }, 201);
    await alice.post(`/rooms/${room.id}/members`, { user_id: bob.id }, 201);
    const talk = await alice.post('/conversations', { user_id: bob.id }, 201);
    const inRoom = { room_id: room.id };

    it('alice shares a document in a room; bob reads it, mallory learns nothing', async () => {
      const fields = { ...inRoom, description: 'Document important' };
      const file = await alice.upload({ name: 'document.pdf', content: pdf, fields }, 201);
      assertLikeExample(file, printed);
      assert.equal(file.description, 'Document important');
      assert.deepEqual([file.size, file.sha256, file.mime_type], [pdf.length, sha256(pdf), 'application/pdf']);
      assert.deepEqual([file.room_id, file.conversation_id, file.uploader_id], [room.id, null, alice.id]);
      const got = await bob.request('GET', file.url);
      assert.equal(got.status, 200);
      assert.ok(got.bytes.equals(pdf));
      assert.equal(got.headers['content-disposition'], 'attachment; filename="document.pdf"');
      assert.equal(got.headers['x-content-type-options'], 'nosniff');
      assert.match(String(got.headers['content-security-policy']), /sandbox/);
      assert.deepEqual(await bob.get(`/files/${file.file_id}`, 200), file);
      assert.deepEqual((await bob.get(`/rooms/${room.id}/files`, 200)).files, [file]);
      for (const path of [`/files/${file.file_id}`, file.url]) await mallory.get(path, 404);
      await alice.delete(`/files/${file.file_id}`, 204);
      for (const person of [alice, bob]) await person.get(file.url, 404);
      assert.equal((await bob.get(`/rooms/${room.id}/files`, 200)).total, 0);
      assert.deepEqual(await stored(app), []);
    });

    it('fields may come before the file or after it, and the place in the query too', async () => {
      const file = { name: 'file', filename: 'a.txt', content: 'words' };
      const field = { name: 'room_id', content: `${room.id}` };
      const note = { name: 'description', content: 'late' };
      for (const parts of [
        [field, note, file],
        [file, field, note],
        [note, file, field],
      ]) {
        const form = formOf(parts);
        const made = await bob.post('/files/upload', form.body, 201, form.headers);
        assert.deepEqual([made.room_id, made.description], [room.id, 'late']);
        await bob.delete(`/files/${made.file_id}`, 204);
      }
      const upload = (query: string, fields = {}) => ({ name: 'a.txt', content: 'words', query, fields });
      const queried = await bob.upload(upload(`?room_id=${room.id}`, inRoom), 201);
      const direct = await bob.upload(upload(`?conversation_id=${talk.id}`), 201);
      assert.deepEqual([queried.room_id, direct.room_id, direct.conversation_id], [room.id, null, talk.id]);
      for (const { file_id } of [queried, direct]) await bob.delete(`/files/${file_id}`, 204);
      await app.unchanged(async () => {
        const refusals: [string, object, string][] = [
          [`?room_id=${room.id}&conversation_id=${talk.id}`, {}, 'conversation_id'],
          [`?room_id=${room.id}`, { room_id: elsewhere.id }, 'room_id'],
          [`?room_id=${room.id}`, { conversation_id: talk.id }, 'conversation_id'],
          ['', { ...inRoom, conversation_id: talk.id }, 'conversation_id'],
          ['', { room_id: 'x' }, 'room_id'],
          ['', { room_id: '' }, 'room_id'],
          ['', { room_id: '1.5' }, 'room_id'],
          ['', { colour: 'blue' }, 'colour'],
          ['', { description: 'x'.repeat(1_001) }, 'description'],
          ['', { description: 'x'.repeat(20_000) }, 'description'],
          ['', { description: 'nul \0' }, 'description'],
          ['', { ['x'.repeat(5_000)]: 'long' }, 'x'.repeat(100)],
        ];
        for (const [query, fields, field] of refusals)
          assert.equal((await bob.upload(upload(query, fields), 400)).details.field, field);
      });
      assert.deepEqual(await stored(app), []);
    });

    it('a file of nowhere is its uploader’s alone', async () => {
      const file = await carol.upload({ name: 'draft.txt', content: 'not yet' }, 201);
      assert.deepEqual([file.room_id, file.conversation_id, file.message_id], [null, null, null]);
      assert.equal((await carol.request('GET', file.url)).text, 'not yet');
      for (const other of [alice, app.admin]) {
        await other.get(file.url, 404);
        await other.delete(`/files/${file.file_id}`, 404);
      }
      await app.stranger.get(file.url, 401);
      assert.equal((await carol.delete(`/files/${file.file_id}`, 200, representation)).file_id, file.file_id);
    });

    it('the same bytes are kept once, and go with the last file of them', async () => {
      const content = 'the very same';
      const [one, two, three] = await Promise.all([
        alice.upload({ name: 'one.txt', content, fields: inRoom }, 201),
        bob.upload({ name: 'two.txt', content, fields: inRoom }, 201),
        carol.upload({ name: 'three.md', content }, 201),
      ]);
      assert.equal(new Set([one.sha256, two.sha256, three.sha256]).size, 1);
      assert.equal((await stored(app)).length, 1);
      await alice.delete(`/files/${one.file_id}`, 204);
      await carol.delete(`/files/${three.file_id}`, 204);
      assert.equal((await bob.request('GET', two.url)).text, content);
      await bob.delete(`/files/${two.file_id}`, 204);
      assert.deepEqual(await stored(app), []);
    });

    it('two who upload the same bytes, while the last file of them is deleted, both have them', async () => {
      for (let round = 0; round < 20; round++) {
        const content = `round ${round}`;
        const first = await alice.upload({ name: 'a.txt', content, fields: inRoom }, 201);
        const [, ...files] = await Promise.all([
          alice.delete(`/files/${first.file_id}`, 204),
          bob.upload({ name: 'b.txt', content, fields: inRoom }, 201),
          carol.upload({ name: 'c.txt', content }, 201),
        ]);
        assert.equal((await bob.request('GET', files[0].url)).text, content);
        assert.equal((await carol.request('GET', files[1].url)).text, content);
        assert.equal((await stored(app)).length, 1);
        await Promise.all([
          bob.delete(`/files/${files[0].file_id}`, 204),
          carol.delete(`/files/${files[1].file_id}`, 204),
        ]);
        assert.deepEqual(await stored(app), []);
      }
    });

    it('the bytes say what a file is, and only the listed kinds are taken', async () => {
      const kept: [string, Buffer | string, string, string][] = [
        ['photo.jpeg', png(3, 2), 'image/png', 'photo.jpeg.png'],
        ['photo.PNG', png(3, 2), 'image/png', 'photo.PNG'],
        ['table.csv', 'a;b\n1;2\n', 'text/csv', 'table.csv'],
        ['été.csv', Buffer.from('a;\xe9\n', 'latin1'), 'text/csv', 'été.csv'],
        ['notes.md', '# notes', 'text/markdown', 'notes.md'],
        ['data.json', '{"a":1}', 'application/json', 'data.json'],
        ['no json.json', 'words', 'text/plain', 'no json.json.txt'],
        ['script.js', 'alert(1)', 'text/plain', 'script.js.txt'],
        ['page.html.png', 'plain words', 'text/plain', 'page.html.png.txt'],
        ['drawing.svg', '<?xml version="1.0"?>\n<!-- x --><svg xmlns="x"/>', 'image/svg+xml', 'drawing.svg'],
        ['letter.docx', zipOf('[Content_Types].xml', 'word/document.xml'), docx, 'letter.docx'],
        [
          'macro.docx',
          zipOf('[Content_Types].xml', 'word/document.xml', 'word/vbaProject.bin'),
          'application/zip',
          'macro.docx.zip',
        ],
        ['things.zip', zipOf('a', 'b'), 'application/zip', 'things.zip'],
      ];
      for (const [name, content, mime, filename] of kept) {
        const file = await carol.upload({ name, content }, 201);
        assert.deepEqual([file.mime_type, file.filename, file.original_filename], [mime, filename, name]);
        await carol.delete(`/files/${file.file_id}`, 204);
      }
      const refused: [string, Buffer | string, string][] = [
        ['setup.exe', Buffer.from('MZ\x90\0\x03\0\0\0', 'latin1'), 'application/x-msdownload'],
        ['photo.png', Buffer.from('\x7fELF\x02\x01\x01\0\0\0\0', 'latin1'), 'application/x-elf'],
        ['page.txt', '<!DOCTYPE html><script>alert(1)</script>', 'text/html'],
        ['page.svg', '  <html><svg/></html>', 'text/html'],
        ['feed.txt', '<?xml version="1.0"?><rss/>', 'application/xml'],
        ['noise.bin', Buffer.from([0, 1, 2, 3, 255, 254]), 'application/octet-stream'],
        ['noise.png', Buffer.from('\x89PNG\r\n\0\0', 'latin1'), 'application/octet-stream'],
      ];
      await app.unchanged(async () => {
        for (const [name, content, detected] of refused) {
          const error = await carol.upload({ name, content }, 415);
          assert.equal(error.details.field, 'file');
          assert.equal(error.details.detected, detected, name);
        }
        assert.equal((await carol.upload({ name: 'empty.txt', content: '' }, 400)).details.reason, 'empty');
      });
      assert.deepEqual(await stored(app), []);
    });

    it('a file at the limit is taken, one above and one far above are not', async () => {
      const at = await carol.upload({ name: 'at.txt', content: 'x'.repeat(100_000) }, 201);
      await carol.delete(`/files/${at.file_id}`, 204);
      await app.unchanged(async () => {
        for (const size of [100_001, 200_000, 5_000_000]) {
          const error = await carol.upload({ name: 'above.txt', content: 'x'.repeat(size) }, 413);
          assert.deepEqual([error.code, error.details], ['FILE_TOO_LARGE', { field: 'file', max_bytes: 100_000 }]);
        }
      });
      assert.deepEqual(await stored(app), []);
    });

    it('a form that is none, or not whole, is refused by what is wrong with it', async () => {
      const { body, headers } = formOf([{ name: 'file', filename: 'a.txt', content: 'words' }]);
      const type = String(headers['content-type']);
      const file = { name: 'file', filename: 'a.txt', content: 'words' };
      const wrong: [Buffer | string, string | undefined, number, string][] = [
        ['{}', 'application/json', 415, 'UNSUPPORTED_MEDIA_TYPE'],
        [body, undefined, 415, 'UNSUPPORTED_MEDIA_TYPE'],
        [body, 'multipart/form-data', 400, 'Content-Type'],
        [body, 'multipart/form-data; boundary=other', 400, 'body'],
        [body.subarray(0, -20), type, 400, 'body'],
        [body.subarray(0, 60), type, 400, 'body'],
        ['', type, 400, 'body'],
        ['words', type, 400, 'body'],
        [formOf([{ name: 'room_id', content: `${room.id}` }]).body, type, 400, 'file'],
        [formOf([{ name: 'file', content: 'no file' }]).body, type, 201, ''],
        [formOf([{ ...file, name: 'picture' }]).body, type, 400, 'picture'],
        [formOf([file, file]).body, type, 400, 'file'],
        [
          formOf([{ name: 'description', content: 'a' }, { name: 'description', content: 'b' }, file]).body,
          type,
          400,
          'description',
        ],
        [formOf([...Array(40).keys()].map((i) => ({ name: `f${i}`, content: 'x' }))).body, type, 400, 'body'],
      ];
      for (const [body, contentType, status, named] of wrong) {
        const sent = { ...(contentType === undefined ? { 'content-type': '' } : { 'content-type': contentType }) };
        const reply = await carol.request('POST', '/files/upload', { body, headers: sent });
        assert.equal(reply.status, status, `${contentType}: ${reply.text}`);
        if (status === 415) assert.equal(reply.error.code, named);
        if (status === 400) assert.equal(reply.error.details.field, named, reply.text);
        if (status === 201) await carol.delete(`/files/${reply.data.file_id}`, 204);
      }
      assert.deepEqual(await stored(app), []);
    });

    it('a repeated upload is one file; other bytes under its key are another request', async () => {
      const headers = { 'idempotency-key': 'the report' };
      const upload = { name: 'report.txt', content: 'all is well', fields: inRoom, headers };
      const first = await bob.upload(upload, 201);
      assert.deepEqual(await bob.upload(upload, 201), first);
      assert.equal((await bob.upload({ ...upload, content: 'all is lost' }, 422)).code, 'IDEMPOTENCY_MISMATCH');
      assert.equal((await bob.upload({ ...upload, name: 'other.txt' }, 422)).code, 'IDEMPOTENCY_MISMATCH');
      assert.equal((await bob.get(`/rooms/${room.id}/files`, 200)).total, 1);
      assert.equal((await stored(app)).length, 1);
      await bob.delete(`/files/${first.file_id}`, 204);
      assert.deepEqual(await stored(app), []);
    });

    it('a room’s files are paged, newest first', async () => {
      const ids: number[] = [];
      for (let i = 0; i < 5; i++) {
        const { file_id } = await alice.upload(
          { name: `${i}.txt`, content: `${i}`, fields: { room_id: elsewhere.id } },
          201,
        );
        ids.unshift(file_id);
      }
      const page = async (query: string) => {
        const { files, total, has_more } = await mallory.get(`/rooms/${elsewhere.id}/files${query}`, 200);
        return [files.map((file: { file_id: number }) => file.file_id), total, has_more];
      };
      assert.deepEqual(await page(''), [ids, 5, false]);
      assert.deepEqual(await page('?limit=2'), [ids.slice(0, 2), 5, true]);
      assert.deepEqual(await page('?limit=2&offset=4'), [ids.slice(4), 5, false]);
      assert.deepEqual(await page('?offset=10000'), [[], 5, false]);
      for (const query of ['?limit=0', '?limit=101', '?offset=-1', '?offset=10001'])
        await mallory.get(`/rooms/${elsewhere.id}/files${query}`, 400);
    });

    it('a deleted room’s files are gone at once, and their bytes soon', async () => {
      const gone = await alice.post('/rooms', { name: 'gone' }, 201);
      const file = await alice.upload({ name: 'a.txt', content: 'of a room', fields: { room_id: gone.id } }, 201);
      await alice.delete(`/rooms/${gone.id}`, 204);
      for (const person of [alice, app.admin]) await person.get(file.url, 404);
      const before = await stored(app);
      assert.equal(await purge(app), 1);
      assert.equal((await stored(app)).length, before.length - 1);
      const [{ bytes } = {}] = await app.deps.db.reader.all(
        textOf(`select bytes from storage_usage where user_id = ${alice.id}`),
        [],
      );
      assert.equal(bytes, 5);
    });

    it('what happens to files is told in the room, and of private ones to nobody else', async () => {
      const rows = await app.deps.db.reader.all(
        textOf(`select distinct type, stream from events where type like '%file_%' order by type, stream`),
        [],
      );
      for (const { type, stream } of rows)
        assert.match(String(stream), String(type).startsWith('private') ? /^user:/ : /^container:/);
      const audited = await app.deps.db.reader.all(
        textOf(`select distinct action from audit_log where action like '%file%'`),
        [],
      );
      assert.deepEqual(audited, [{ action: 'file_deleted' }]);
    });
  });

  describe(`storage that is used up (${name})`, async () => {
    const app = await createTestApp(engine, {
      ...(await variables()),
      MAX_USER_STORAGE_BYTES: '100',
      MAX_STORAGE_BYTES: '150',
    });
    after(app.close);

    it('is 507 for the person, then for the server, and free again after a deletion', async () => {
      const [alice, bob] = [await app.register('alice'), await app.register('bob')];
      const give = (size: number, letter: string) => ({ name: 'a.txt', content: letter.repeat(size) });
      const first = await alice.upload(give(60, 'a'), 201);
      await app.unchanged(async () => {
        assert.equal((await alice.upload(give(41, 'b'), 507)).details.reason, 'user_quota');
      });
      await alice.upload(give(40, 'c'), 201);
      assert.equal((await alice.upload(give(1, 'd'), 507)).details.reason, 'user_quota');
      assert.equal((await bob.upload(give(51, 'e'), 507)).details.reason, 'server_quota');
      await bob.upload(give(50, 'f'), 201);
      assert.equal((await bob.upload(give(1, 'g'), 507)).details.reason, 'server_quota');
      await alice.delete(`/files/${first.file_id}`, 204);
      await bob.upload(give(1, 'g'), 201);
      assert.equal((await stored(app)).length, 3);
    });

    it('is shared out exactly among uploads at once', async () => {
      const dora = await app.register('dora');
      const forms = [...'hijklmno'].map((letter) =>
        formOf([{ name: 'file', filename: 'a.txt', content: letter.repeat(20) }]),
      );
      const replies = await Promise.all(
        forms.map(({ body, headers }) => dora.request('POST', '/files/upload', { body, headers })),
      );
      const statuses = replies.map(({ status }) => status).sort();
      // 59 bytes are left of the server's.
      assert.deepEqual(statuses, [201, 201, 507, 507, 507, 507, 507, 507]);
    });
  });
}

const representation = { prefer: 'return=representation' };
const docx = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';

async function purge({ deps }: TestApp): Promise<number> {
  const { ownCtx } = await import('../../src/context.ts');
  const { purgeFiles } = await import('../../src/modules/files/sweep.ts');
  return purgeFiles(ownCtx(deps, 'test'), new AbortController().signal);
}
