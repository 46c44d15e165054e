import { type FileHandle, open } from 'node:fs/promises';

/** Loaded before the server, `?content` or `?names`: files, or else folders, are never synced, and say that they were. */
const isForNames = import.meta.url.endsWith('?names');
const handle = await open(import.meta.dirname);
const prototype: FileHandle = Object.getPrototypeOf(handle);
await handle.close();
const { sync } = prototype;
prototype.sync = async function (this: FileHandle) {
  if ((await this.stat()).isDirectory() !== isForNames) await sync.call(this);
};
