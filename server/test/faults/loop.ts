import assert from 'node:assert/strict';
import type { Form } from '../harness/form.ts';
import type { HttpClient, HttpReply } from './http_client.ts';
import type { Entry, Ledger, Place, Player } from './ledger.ts';
import type { Upload } from './ledger_files.ts';

/** Somebody who does one thing after the other. */
export interface Loop {
  readonly client: HttpClient;
  readonly ledger: Ledger;
  readonly place: Place;
  readonly player: Player;
  readonly name: string;
  readonly round: number;
  readonly stopped: () => boolean;
  readonly outages: boolean;
  /** Living messages of this loop: nobody else changes them. */
  own: Entry[];
  /** Living files, in the same way. */
  files: Upload[];
  count: number;
  /** The server does not answer any more. */
  gone: boolean;
}

export interface Question {
  readonly method: 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  /** In place of a body. */
  readonly form?: Form;
  readonly expected: readonly number[];
  /** The storage is full and nothing was done. */
  readonly refused: () => void;
}

/** What was answered, or undefined when nothing was done, or the server is gone and nobody knows. */
export async function ask(loop: Loop, question: Question): Promise<HttpReply | undefined> {
  const { client, ledger, player } = loop;
  const { method, path, body, form, expected, refused } = question;
  ledger.counts.attempted++;
  let reply: HttpReply;
  try {
    reply = await (form ? client.upload(path, player.token, form) : client.call(method, path, player.token, body));
  } catch {
    loop.gone = true;
    return undefined;
  }
  if (reply.status === 503 && loop.outages) return undefined;
  if (reply.status === 507) {
    assert.equal(reply.data.code, 'STORAGE_FULL');
    ledger.counts.full++;
    refused();
    return undefined;
  }
  assert.ok(expected.includes(reply.status), `${method} ${path} → ${reply.status} ${JSON.stringify(reply.data)}`);
  ledger.counts.acknowledged++;
  return reply;
}

export function anyOf<T>(list: readonly T[]): T | undefined {
  return list[Math.floor(Math.random() * list.length)];
}
