import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { engines } from '../engines.ts';
import { freePort } from '../harness/free_port.ts';
import { programs } from '../programs.ts';
import { cert, key } from '../webhooks/self_signed.ts';
import type { Nodes } from './nodes.ts';
import { startProxy } from './proxy_process.ts';
import { describeProxy } from './proxy_story.ts';

// deploy/nginx.conf as it is, but for its addresses and certificates.

const file = join(import.meta.dirname, '../../../deploy/nginx.conf');

/** The file with what whoever installs it replaces too, and the addresses of this test; each of them has to be there, once. */
function located(replaced: Readonly<Record<string, string>>): string {
  let text = readFileSync(file, 'utf8');
  for (const [written, here] of Object.entries(replaced)) {
    if (text.split(written).length !== 2) throw new Error(`deploy/nginx.conf should have "${written}" once`);
    text = text.replace(written, () => here);
  }
  return text;
}

async function startNginx(nginx: string, { directory, ports }: Nodes) {
  const folder = join(directory, 'nginx');
  mkdirSync(folder);
  const port = await freePort();
  writeFileSync(join(folder, 'cert.pem'), cert);
  writeFileSync(join(folder, 'key.pem'), key);
  const config = located({
    'listen 80;': `listen 127.0.0.1:${await freePort()};`,
    'listen [::]:80;': `listen 127.0.0.1:${await freePort()};`,
    'listen 443 ssl': `listen 127.0.0.1:${port} ssl`,
    'listen [::]:443 ssl': `listen 127.0.0.1:${await freePort()} ssl`,
    '/etc/ssl/chat.example.com/fullchain.pem': join(folder, 'cert.pem'),
    '/etc/ssl/chat.example.com/privkey.pem': join(folder, 'key.pem'),
    '127.0.0.1:8081': `127.0.0.1:${ports[0]}`,
    '127.0.0.1:8082': `127.0.0.1:${ports[1]}`,
  });
  writeFileSync(join(folder, 'veza.conf'), config);
  writeFileSync(join(folder, 'nginx.conf'), around(folder));
  return startProxy(
    [nginx, '-p', folder, '-e', 'stderr', '-c', join(folder, 'nginx.conf')],
    `https://127.0.0.1:${port}`,
  );
}

/** What the system's own nginx.conf has around it. */
function around(folder: string): string {
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  return [
    // Its workers write into this test's folder.
    ...(process.getuid?.() === 0 ? [`user ${userInfo().username};`] : []),
    'daemon off;',
    'worker_processes 2;',
    `pid ${folder}/pid;`,
    'events { worker_connections 512; }',
    `http { access_log off; ${paths.join(' ')} include ${folder}/veza.conf; }`,
  ].join('\n');
}

const [nginx] = programs('nginx') ?? [];
if (nginx && engines.includes('postgres'))
  describeProxy('nginx', (nodes) => startNginx(nginx, nodes), { speaksTls: true });
