import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parseEnv } from 'node:util';
import { readConfig } from '../../src/config.ts';
import { root } from '../docs/markdown.ts';
import { programs } from '../programs.ts';

const unit = readFileSync(join(root, 'deploy/veza.service'), 'utf8');
/** Tenths of what systemd calls exposure, of 100: below 20 it is "OK", where most services are above 90. */
const MAX_EXPOSURE = 20;

describe('deploy/veza.service', () => {
  test('waits for longer than a drain takes', () => {
    const { DRAIN_SECONDS } = readConfig({});
    assert.ok(Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1]) > DRAIN_SECONDS + 5);
    assert.ok(Number(/^LimitNOFILE=(\d+)$/m.exec(unit)?.[1]) > readConfig({}).MAX_SOCKETS);
  });

  test('is given settings that the server takes', () => {
    const settings = parseEnv(readFileSync(join(root, 'deploy/veza.env.example'), 'utf8'));
    const { PUBLIC_URL, PORT } = readConfig({ PORT: '', ...settings });
    assert.deepEqual([PUBLIC_URL, PORT], ['https://chat.example.com', 8080]);
    assert.deepEqual(
      Object.keys(settings).filter((name) => !Object.hasOwn(readConfig(settings), name)),
      [],
    );
  });

  const [analyze] = programs('systemd-analyze') ?? [];
  if (!analyze) return;

  test('is understood by systemd, as one server and as one for each port', () => {
    for (const instance of ['veza.service', 'veza@8081.service'])
      assert.deepEqual(complaints(analyze, instance, unit), []);
    const [complaint = ''] = complaints(analyze, 'veza.service', unit.replace('ProtectHome=', 'ProtectHouse='));
    assert.match(complaint, /Unknown key .*'ProtectHouse'/);
  });

  test('may do little besides what it has to', () => {
    assert.ok(isTight(analyze, unit));
    assert.ok(!isTight(analyze, unit.replace(/^(Capability|System|Restrict|Private|Protect).*$/gm, '')));
  });
});

/** What systemd has to say of the unit, installed under a name; the clone is where it is here. */
function complaints(analyze: string, instance: string, text: string): string[] {
  return withUnit(instance.replace(/@.*\./, '@.'), text.replaceAll('/opt/veza', root), (path) => {
    const { stderr } = spawnSync(analyze, ['verify', path.replace('@.', `@${/@(.*)\./.exec(instance)?.[1]}.`)]);
    return stderr
      .toString()
      .split('\n')
      .filter((line) => line.includes('veza'));
  });
}

function isTight(analyze: string, text: string): boolean {
  return withUnit('veza.service', text, (path) => {
    const args = ['security', '--offline=true', `--threshold=${MAX_EXPOSURE}`, path];
    return spawnSync(analyze, args).status === 0;
  });
}

function withUnit<T>(name: string, text: string, look: (path: string) => T): T {
  const directory = mkdtempSync(join(tmpdir(), 'veza-unit-'));
  try {
    writeFileSync(join(directory, name), text);
    return look(join(directory, name));
  } finally {
    rmSync(directory, { recursive: true });
  }
}
