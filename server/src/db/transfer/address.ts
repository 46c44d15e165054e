import { TransferRefused } from './refused.ts';

export interface TargetAddress {
  readonly url: string;
  /** Without the password. */
  readonly shown: string;
}

/** Reads an address of PostgreSQL. Faults do not repeat it: there may be a password in it. */
export function readAddress(text: string): TargetAddress {
  const isOne = /^postgres(ql)?:\/\//.test(text) && URL.canParse(text);
  if (!isOne) throw asked('has to be an address such as postgres://user@host:5432/name');
  const url = new URL(text);
  // Otherwise a part of the password would be taken for a host or a database, and be named.
  if (`${url.pathname}${url.search}${url.hash}`.includes('@'))
    throw asked('has a user or password with characters that have to be percent-encoded, such as %2F for /');
  if (url.pathname.length < 2) throw asked('has to end in the name of the database');
  const user = url.username === '' ? '' : `${url.username}@`;
  return { url: text, shown: `postgres://${user}${url.host}${url.pathname}` };
}

const asked = (what: string) => new TransferRefused('asked', `the address of the target ${what}`);
