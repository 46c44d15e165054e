import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { engines } from '../engines.ts';
import { freePort } from '../harness/free_port.ts';
import { programs } from '../programs.ts';
import type { Nodes } from './nodes.ts';
import { startProxy } from './proxy_process.ts';
import { describeProxy } from './proxy_story.ts';

// deploy/Caddyfile as it is, told its addresses as compose.yaml tells it; without TLS, whose certificates it would ask the world for.

const file = join(import.meta.dirname, '../../../deploy/Caddyfile');

async function startCaddy(caddy: string, { directory, ports }: Nodes) {
  const folder = join(directory, 'caddy');
  mkdirSync(folder);
  const url = `http://127.0.0.1:${await freePort()}`;
  // It would listen everywhere, and be told what to do by whoever asks on a port of its own.
  writeFileSync(join(folder, 'Caddyfile'), `{\n\tadmin off\n\tdefault_bind 127.0.0.1\n}\nimport ${file}\n`);
  return startProxy([caddy, 'run', '--adapter', 'caddyfile', '--config', join(folder, 'Caddyfile')], url, {
    HOME: folder,
    VEZA_SITE: url,
    VEZA_NODES: ports.map((port) => `127.0.0.1:${port}`).join(' '),
  });
}

const [caddy] = programs('caddy') ?? [];
if (caddy && engines.includes('postgres'))
  describeProxy('Caddy', (nodes) => startCaddy(caddy, nodes), { speaksTls: false });
