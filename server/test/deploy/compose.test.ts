import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parseEnv } from 'node:util';
import { parse } from 'yaml';
import { readConfig } from '../../src/config.ts';
import { version } from '../../src/version.ts';
import { root } from '../docs/markdown.ts';
import { without } from '../programs.ts';

interface Service {
  readonly image: string;
  readonly profiles: readonly string[];
  readonly read_only: boolean;
  readonly cap_drop: readonly string[];
  readonly security_opt: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly env_file?: readonly string[];
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { condition: string }>>;
  readonly healthcheck?: object;
  readonly stop_grace_period?: string;
}

const text = readFileSync(join(root, 'deploy/compose.yaml'), 'utf8');
const { services, volumes } = parse(text, { merge: true }) as {
  services: Record<string, Service>;
  volumes: Record<string, null>;
};
const given = parseEnv(readFileSync(join(root, 'deploy/.env.example'), 'utf8'));
/** Secrets as the example says that they are made. */
const made = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, value || 'f'.repeat(64)]));
const isOurs = ({ image }: Service) => image.startsWith('veza:');

describe('deploy/compose.yaml', () => {
  test('gives no container more than it needs', () => {
    for (const [name, service] of Object.entries(services)) {
      assert.equal(service.read_only, true, name);
      assert.deepEqual(service.cap_drop, ['ALL'], name);
      assert.deepEqual(service.security_opt, ['no-new-privileges:true'], name);
      // Ours has one in the image.
      assert.ok(isOurs(service) || service.healthcheck, name);
      assert.match(service.image, /:v?\d+\.\d+/, name);
      const isOpen = (service.ports ?? []).some((port) => !port.startsWith('127.0.0.1:'));
      assert.equal(isOpen, name === 'proxy', name);
    }
  });

  test('gives ours settings that it takes, and time to end', () => {
    for (const [name, service] of Object.entries(services).filter(([, service]) => isOurs(service))) {
      assert.equal(service.image, `veza:${version}`);
      const settings = { ...made, ...filled(service.environment ?? {}) };
      // Of the cluster alone, as the example says.
      if (name === 'alone') for (const key of ['S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY']) delete settings[key];
      const { DRAIN_SECONDS, DATABASE_URL, S3_BUCKET } = readConfig(settings);
      assert.ok(Number.parseInt(service.stop_grace_period ?? '', 10) > DRAIN_SECONDS + 5);
      assert.deepEqual([DATABASE_URL !== undefined, S3_BUCKET !== undefined], [name !== 'alone', name !== 'alone']);
      for (const key of Object.keys(service.environment ?? {}))
        assert.ok(Object.hasOwn(readConfig(settings), key), key);
    }
  });

  test('names folders, volumes, services and settings that there are', () => {
    for (const [name, service] of Object.entries(services)) {
      for (const mount of service.volumes ?? []) {
        const [source = ''] = mount.split(':');
        assert.ok(source.startsWith('.') ? existsSync(join(root, 'deploy', source)) : source in volumes, mount);
      }
      for (const other of Object.keys(service.depends_on ?? {})) {
        assert.ok(other in services, other);
        assert.deepEqual(services[other]?.profiles, service.profiles, name);
      }
    }
    const used = [...text.matchAll(/(?<!\$)\$\{(\w+)/g)].map(([, name]) => name as string);
    assert.deepEqual(
      used.filter((name) => !Object.hasOwn(given, name)),
      [],
    );
  });

  const hasCompose = spawnSync('docker', ['compose', 'version']).status === 0;
  test('is understood by Docker', { skip: !hasCompose && without('docker compose') }, () => {
    for (const profile of ['alone', 'cluster']) {
      const args = [
        'compose',
        '--file',
        'deploy/compose.yaml',
        '--profile',
        profile,
        'config',
        '--quiet',
        '--no-env-resolution',
      ];
      const { status, stderr } = spawnSync('docker', args, { cwd: root, env: { ...process.env, ...made } });
      assert.equal(status, 0, stderr.toString());
    }
  });
});

/** `${NAME:-other}` as Docker fills it in. */
function filled(environment: Readonly<Record<string, string>>): Record<string, string | undefined> {
  const fill = (value: string) =>
    value.replaceAll(/\$\{(\w+)(?::-([^}]*))?\}/g, (_, name, other) => made[name] || other);
  return Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, fill(value)]));
}
