import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigError, defaultOf, parseRate, readConfig } from './config.ts';
import { ConfigSchema } from './config_schema.ts';

const faultsOf = (environment: Record<string, string>): readonly string[] => {
  try {
    readConfig(environment);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.faults;
  }
  return [];
};

describe('configuration', () => {
  it('has a default for everything, and every default fits its own schema', () => {
    const config = readConfig({});
    for (const [name, schema] of Object.entries(ConfigSchema.properties)) {
      const written = String(defaultOf(schema) ?? '');
      assert.deepEqual(faultsOf({ [name]: written }), [], name);
    }
    assert.deepEqual(
      [config.HOST, config.PORT, config.DATA_DIR, config.RATE_LIMITS],
      ['127.0.0.1', 8080, './data', 'on'],
    );
    assert.ok(Object.isFrozen(config));
  });

  it('names every wrong variable at once, with what it takes', () => {
    const faults = faultsOf({
      PORT: '70000',
      LOG_LEVEL: 'loud',
      REGISTRATION: 'maybe',
      JWT_SECRET: 'short',
      AUDIT_KEEP_CONTENT: 'perhaps',
      RATE_LIMIT_SEND: '60 per minute',
      MAX_BODY_BYTES: '1e5',
      PUBLIC_URL: 'ftp://x',
      ADMIN_PASSWORD: 'short',
      ADMIN_USERNAME: 'a b',
      HOST: 'a b',
      CORS_ORIGINS: 'a b',
    });
    const names = new Set(faults.map((fault) => /^\w+/.exec(fault)?.[0]));
    assert.deepEqual([...names].sort(), [
      'ADMIN_PASSWORD',
      'ADMIN_USERNAME',
      'AUDIT_KEEP_CONTENT',
      'CORS_ORIGINS',
      'HOST',
      'JWT_SECRET',
      'LOG_LEVEL',
      'MAX_BODY_BYTES',
      'PORT',
      'PUBLIC_URL',
      'RATE_LIMIT_SEND',
      'REGISTRATION',
    ]);
    assert.ok(faults.includes('PORT must be a whole number from 0 to 65535'));
  });

  it('refuses numbers that only look like some', () => {
    for (const port of ['-1', '1.5', '0x10', ' 80', '80 ', '99999999999999999999', 'NaN', 'Infinity']) {
      assert.equal(faultsOf({ PORT: port }).length, 1, port);
    }
  });

  it('holds variables against each other', () => {
    assert.match(faultsOf({ DEFAULT_ROOM_MEMBERS: '50', MAX_ROOM_MEMBERS: '10' })[0] ?? '', /DEFAULT_ROOM_MEMBERS/);
    assert.match(faultsOf({ REFRESH_IDLE_DAYS: '31' })[0] ?? '', /REFRESH_IDLE_DAYS/);
    assert.match(faultsOf({ TRUSTED_PROXIES: '10.0.0.1,nonsense' })[0] ?? '', /^TRUSTED_PROXIES: "nonsense"/);
  });

  it('takes as HOST what one can listen on', () => {
    for (const host of [
      '0.0.0.0',
      '::',
      '::1',
      'fe80::1%eth0',
      'localhost',
      'chat_1.internal',
      'a.example.org.',
      '3com',
    ])
      assert.deepEqual(faultsOf({ HOST: host }), [], host);
    for (const host of [
      ...['http://localhost', 'localhost:80', '127.0.0.1:80', '[::1]', ':::', ' ', 'a b', 'a..b', '-a', 'a-', 'é.org'],
      ...['256.0.0.1', '127.1', '1', '0.0.0.0/0', '*', `${'a'.repeat(64)}.org`, 'a.'.repeat(127)],
    ])
      assert.deepEqual(faultsOf({ HOST: host }), ['HOST must be an IP address or the name of a host'], host);
  });

  it('takes as CORS_ORIGINS what browsers send as one', () => {
    const good = 'https://chat.example.org,http://localhost:5173,http://[::1]:8080,capacitor://localhost,*';
    assert.deepEqual(faultsOf({ CORS_ORIGINS: good }), []);
    for (const origin of [
      ...['nonsense', 'chat.example.org', 'localhost:5173', '//x', 'https://', 'https:x', 'http://a b', 'null', '**'],
      ...['https://chat.example.org/', 'https://chat.example.org/app', 'https://Chat.example.org', 'https://x:443'],
      ...['https://*.example.org', 'https://a@b', 'https://x?y', 'https://é.org', 'capacitor://localhost/'],
    ])
      assert.deepEqual(
        faultsOf({ CORS_ORIGINS: `https://chat.example.org, ${origin}` }),
        [`CORS_ORIGINS: "${origin}" is no origin as browsers send it, such as https://chat.example.org`],
        origin,
      );
  });

  it('counts an empty variable as absent and splits lists', () => {
    const config = readConfig({ PORT: '', DEFAULT_ROOMS: 'General, Random ,', TRUSTED_PROXIES: '10.0.0.0/8,::1' });
    assert.deepEqual(
      [config.PORT, config.DEFAULT_ROOMS, config.TRUSTED_PROXIES],
      [8080, ['General', 'Random'], ['10.0.0.0/8', '::1']],
    );
  });

  it('reads rates', () => {
    assert.deepEqual(parseRate('60/1m:20'), { limit: 60, windowMs: 60_000, burst: 20 });
    assert.deepEqual(parseRate('5/30s'), { limit: 5, windowMs: 30_000, burst: 5 });
    assert.deepEqual(parseRate('7/2h'), { limit: 7, windowMs: 7_200_000, burst: 7 });
  });
});
