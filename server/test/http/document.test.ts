import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { documentRoutes } from '../../src/http/openapi/routes.ts';
import { tinyApp } from './tiny_app.ts';

const directory = await mkdtemp(join(tmpdir(), 'veza-test-document-'));
const path = join(directory, 'openapi.json');
const { app, call } = await tinyApp(documentRoutes(pathToFileURL(path)));
after(async () => {
  await app.close();
  await rm(directory, { recursive: true, force: true });
});

test('the document is served as it was committed, to everybody, and 304 to who has it', async () => {
  const missing = await call('/openapi.json');
  assert.deepEqual([missing.status, missing.code], [404, 'NOT_FOUND']);
  await writeFile(path, '{"openapi": "3.1.0"}\n');
  const { status, text, headers } = await call('/openapi.json', { headers: { authorization: '' } });
  assert.deepEqual([status, text], [200, '{"openapi": "3.1.0"}\n']);
  assert.equal((await call('/openapi.json', { headers: { 'if-none-match': `${headers.etag}` } })).status, 304);
  await rm(path);
  assert.equal((await call('/openapi.json')).status, 200);
});
