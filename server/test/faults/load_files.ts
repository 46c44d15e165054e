import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { attemptUpload, formOfUpload, type Upload } from './ledger_files.ts';
import { anyOf, ask, type Loop } from './loop.ts';

const LARGEST = 20_000;

export async function upload(loop: Loop): Promise<void> {
  const { ledger, place, player } = loop;
  const { content, ending } = someContent();
  const file = attemptUpload(ledger, {
    name: `${loop.name}-${loop.count++}.${ending}`,
    place,
    isPlaced: Math.random() < 0.6,
    uploader: player,
    content,
    sha256: createHash('sha256').update(content).digest('hex'),
  });
  const refused = () => {
    file.sent = 'refused';
  };
  const form = formOfUpload(file);
  const reply = await ask(loop, { method: 'POST', path: '/files/upload', form, expected: [201], refused });
  if (!reply) return;
  assert.equal(reply.data.sha256, file.sha256, file.name);
  file.sent = 'acknowledged';
  file.id = reply.data.file_id as number;
  ledger.counts.uploads++;
  loop.files.push(file);
}

/** One that hangs on a message leaves it. */
export async function removeFile(loop: Loop, file: Upload): Promise<void> {
  file.deletion = 'attempted';
  loop.files = loop.files.filter((other) => other !== file);
  const refused = () => {
    file.deletion = 'none';
  };
  const question = { method: 'DELETE', path: `/files/${file.id}`, expected: [204], refused } as const;
  if (await ask(loop, question)) file.deletion = 'acknowledged';
}

/** Often the same few, so that bytes are shared, and let go of while others take them up. */
function someContent(): { content: Buffer; ending: string } {
  if (Math.random() < 0.4)
    return { content: Buffer.from(`What everybody uploads, ${anyOf([1, 2, 3])}`), ending: 'txt' };
  const bytes = randomBytes(1 + Math.floor(Math.random() * LARGEST));
  if (Math.random() < 0.5) return { content: Buffer.from(bytes.toString('base64')), ending: 'txt' };
  return { content: Buffer.concat([Buffer.from('%PDF-1.7\n\0'), bytes]), ending: 'pdf' };
}
