// What RFC 8187 lets stand in a value unencoded.
const PLAIN = /[A-Za-z0-9!#$&+.^_`|~-]/;

/**
 * `Content-Disposition` with a name in any script: percent-encoded UTF-8 as RFC 8187 has it, and before it a name of plain characters for
 * those who do not read that.
 */
export function dispositionOf(filename: string, isInline: boolean): string {
  const kind = isInline ? 'inline' : 'attachment';
  const plain = filename.replaceAll(/[^\x20-\x7e]/gu, '_').replaceAll(/["\\%]/g, '_');
  if (plain === filename) return `${kind}; filename="${plain}"`;
  return `${kind}; filename="${plain}"; filename*=UTF-8''${encoded(filename)}`;
}

function encoded(text: string): string {
  let result = '';
  for (const byte of Buffer.from(text)) {
    const character = String.fromCharCode(byte);
    result += PLAIN.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return result;
}
