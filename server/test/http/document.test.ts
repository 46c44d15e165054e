import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { documentRoutes } from '../../src/http/openapi/routes.ts';
import { tinyApp } from './tiny_app.ts';

const directory = await mkdtemp(join(tmpdir(), 'veza-test-document-'));
const { app, call } = await tinyApp(documentRoutes(pathToFileURL(`${directory}/`)));
after(async () => {
  await app.close();
  await rm(directory, { recursive: true, force: true });
});

for (const name of ['openapi.json', 'asyncapi.json'])
  test(`${name} is served as it was committed, to everybody, and 304 to who has it`, async () => {
    const path = join(directory, name);
    const missing = await call(`/${name}`);
    assert.deepEqual([missing.status, missing.code], [404, 'NOT_FOUND']);
    await writeFile(path, '{"version": "3.1.0"}\n');
    const { status, text, headers } = await call(`/${name}`, { headers: { authorization: '' } });
    assert.deepEqual([status, text], [200, '{"version": "3.1.0"}\n']);
    assert.equal((await call(`/${name}`, { headers: { 'if-none-match': `${headers.etag}` } })).status, 304);
    await rm(path);
    assert.equal((await call(`/${name}`)).status, 200);
  });
