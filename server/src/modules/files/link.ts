import { createHmac } from 'node:crypto';
import { type Answer, ok, okFile } from '../../answer.ts';
import { type Ctx, write } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { once } from '../../idempotency.ts';
import { timestamp } from '../../timestamp.ts';
import { sameMac } from '../audit/seal.ts';
import { allowOnFile } from './access.ts';
import { bytesOfFile } from './present.ts';
import { sourceOf } from './read.ts';
import { findFile } from './store.ts';

/** An address of a file that needs no token until it expires. Whoever reads the file may make one. */
export async function linkFile(ctx: Ctx, fileId: number, expiresIn: number): Promise<Answer> {
  const { id, uuid } = await allowOnFile(ctx, 'file.read', fileId);
  return write(ctx, 'file.link', (inner) =>
    once(inner, async () => {
      const expires = Math.floor(ctx.now / 1_000) + expiresIn;
      const query = `expires=${expires}&signature=${signatureOf(ctx, id, uuid, expires)}`;
      const url = `${ctx.deps.config.PUBLIC_URL ?? ''}/api/v1/files/${id}/shared?${query}`;
      return ok({ url, expires_at: timestamp(expires * 1_000) });
    }),
  );
}

/** The bytes for whoever has the address. A wrong or expired one, and a file that is no more, are the same 404. */
export async function downloadShared(
  ctx: Ctx,
  fileId: number,
  { expires, signature }: { expires: number; signature: string },
): Promise<Answer> {
  const file = await findFile.first(ctx.db, { id: fileId });
  const isSigned = sameMac(signature, signatureOf(ctx, fileId, file?.uuid ?? '', expires));
  if (!file || !isSigned || expires * 1_000 <= ctx.now || file.visibility === 'deleted')
    throw new AppError('FILE_NOT_FOUND');
  const source = sourceOf(ctx, file.blob_name);
  // An address of the store's would outlive this one.
  const endsFirst = expires - ctx.now / 1_000 < ctx.deps.config.S3_REDIRECT_SECONDS;
  const from = endsFirst ? { ...source, link: undefined } : source;
  return okFile(bytesOfFile(file, { isAttachment: false, isShared: true }, from));
}

/** Under a key of its own, derived from the server's: no other signature is ever one of a file. */
function signatureOf({ deps }: Ctx, id: number, uuid: string, expires: number): string {
  const key = createHmac('sha256', deps.authority.secretKey).update('file link').digest();
  return createHmac('sha256', key).update(`${id} ${uuid} ${expires}`).digest('base64url');
}
