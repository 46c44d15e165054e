interface Part {
  readonly name: string;
  readonly content: Buffer | string;
  /** Makes a file of it. */
  readonly filename?: string;
  readonly type?: string;
}

export interface Form {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

const BOUNDARY = '----a boundary of the tests';

/** A body of `multipart/form-data`, as browsers write it: names in UTF-8, with quotes and line ends encoded. */
export function formOf(parts: readonly Part[]): Form {
  const quoted = (text: string) => `"${text.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A')}"`;
  const pieces = parts.flatMap(({ name, content, filename, type }) => {
    const file = filename === undefined ? '' : `; filename=${quoted(filename)}`;
    const kind = filename === undefined ? '' : `Content-Type: ${type ?? 'application/octet-stream'}\r\n`;
    const head = `--${BOUNDARY}\r\nContent-Disposition: form-data; name=${quoted(name)}${file}\r\n${kind}\r\n`;
    return [Buffer.from(head), Buffer.from(content), Buffer.from('\r\n')];
  });
  return {
    body: Buffer.concat([...pieces, Buffer.from(`--${BOUNDARY}--\r\n`)]),
    headers: { 'content-type': `multipart/form-data; boundary="${BOUNDARY}"` },
  };
}
