import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { Reader } from '../../src/db/database.ts';
import { textOf } from '../../src/db/statement.ts';
import type { HttpClient } from './http_client.ts';
import type { Ledger } from './ledger.ts';
import { formOfUpload, type Upload } from './ledger_files.ts';

interface StoredFile {
  readonly id: number;
  readonly name: string;
  readonly container_id: number | null;
  readonly message_id: number | null;
  readonly uploader_id: number;
  readonly size: number;
  readonly sha256: string;
}

interface StoredMessage {
  readonly id: number;
  readonly content: string | null;
}

const everyFile =
  textOf(`select f.id, f.original_filename as name, f.container_id, f.message_id, f.uploader_id, f.size, b.sha256
  from files as f left join blobs as b on b.id = f.blob_id`);

/** Judges the rows of files by the ledger, and settles which deletions were carried out; `messages` are by their keys. */
export async function verifyFiles(
  db: Reader,
  { uploads }: Ledger,
  messages: ReadonlyMap<string, StoredMessage>,
): Promise<void> {
  const rows = (await db.all(everyFile, [])) as unknown as StoredFile[];
  const found = new Map(rows.map((row) => [row.name, row]));
  assert.equal(found.size, rows.length, 'every file is there once');
  for (const upload of uploads) {
    const row = found.get(upload.name);
    if (row) verifyRow(upload, row, upload.entry && messages.get(upload.entry.clientId));
    else if (upload.sent === 'acknowledged')
      assert.notEqual(upload.deletion, 'none', `the upload ${upload.name} was acknowledged and is lost`);
    if (upload.deletion === 'attempted') upload.deletion = row ? 'none' : 'acknowledged';
    found.delete(upload.name);
  }
  assert.deepEqual([...found.keys()], [], 'no file is there that nobody uploaded');
}

function verifyRow(upload: Upload, row: StoredFile, message: StoredMessage | undefined): void {
  const { name, place, isPlaced, uploader, content, sha256 } = upload;
  assert.notEqual(upload.sent, 'refused', `the upload ${name} was refused and is there`);
  assert.notEqual(upload.deletion, 'acknowledged', `the upload ${name} is back after its deletion`);
  if (upload.id !== undefined) assert.equal(row.id, upload.id, name);
  assert.deepEqual([row.uploader_id, row.size, row.sha256], [uploader.id, content.length, sha256], name);
  assert.notEqual(message?.content, null, `the upload ${name} has gone with its message`);
  assert.equal(row.message_id, message?.id ?? null, `the upload ${name} hangs where it was sent`);
  assert.equal(row.container_id, isPlaced || message ? place.id : null, name);
}

/** What the server says of uploads: what was left open can be repeated, and all of them have their bytes. */
export async function verifyUploads(client: HttpClient, ledger: Ledger): Promise<void> {
  await verifyRepeated(client, ledger);
  await verifyDownloads(client, ledger);
}

/** Uploads again, under the same key, what was left open: it is there once, whether it was before or not. */
async function verifyRepeated(client: HttpClient, { uploads }: Ledger): Promise<void> {
  for (const upload of uploads) {
    if (upload.sent !== 'attempted') continue;
    const { status, data } = await client.upload('/files/upload', upload.uploader.token, formOfUpload(upload));
    assert.equal(status, 201, `${upload.name}: ${JSON.stringify(data)}`);
    upload.sent = 'acknowledged';
    upload.id = data.file_id;
  }
}

/** Every file that is there can be had with its bytes, and none that was deleted. */
async function verifyDownloads(client: HttpClient, { uploads }: Ledger): Promise<void> {
  for (const { id, name, uploader, sha256, deletion } of uploads) {
    if (id === undefined) continue;
    const what = `the bytes of the upload ${name}`;
    const { status, bytes } = await client
      .download(`/files/${id}/download`, uploader.token)
      .catch((error: Error) => assert.fail(`${what} are cut short: ${error.message}`));
    assert.equal(status, deletion === 'none' ? 200 : 404, what);
    if (status === 200) assert.equal(createHash('sha256').update(bytes).digest('hex'), sha256, what);
  }
}
