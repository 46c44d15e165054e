import { writeSync } from 'node:fs';
import { resolve } from 'node:path';
import closeWithGrace from 'close-with-grace';
import { type App, createApp } from './app.ts';
import { exitCodes } from './cli/exit.ts';
import { type Config, ConfigError, readConfig } from './config.ts';
import { version } from './version.ts';

async function main(): Promise<void> {
  try {
    await run(readConfig(process.env));
  } catch (error) {
    if (error instanceof ConfigError) {
      for (const fault of error.faults) console.error(`configuration: ${fault}`);
      process.exit(exitCodes.config);
    }
    console.error(`veza: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
  }
}

async function run(config: Config): Promise<void> {
  // At once and without a last word to the database, which must not touch its files again.
  const onFatal = (error: Error) => {
    // The log may still be on its way to the system.
    writeSync(process.stderr.fd, `veza: the storage failed and the process ends (${error.message})\n`);
    process.kill(process.pid, 'SIGKILL');
  };
  const app = await createApp(config, { onFatal });
  const url = await app.server.listen({ host: config.HOST, port: config.PORT }).catch((error: unknown) => {
    // The account is made, and its password is not shown again.
    if (app.firstAdmin)
      console.log(['The database was made, with an admin:', ...adminLines(app.firstAdmin)].join('\n'));
    throw listenFault(error, config);
  });
  // Longer than the drain itself takes; a second signal ends at once.
  closeWithGrace({ delay: (config.DRAIN_SECONDS + 5) * 1_000, logger: false }, async ({ err, signal }) => {
    if (err) app.deps.log.fatal({ err }, 'unexpected error; ending');
    else app.deps.log.info({ signal }, 'ending');
    await app.close();
    app.deps.log.info('ended');
  });
  app.deps.log.info({ url, version, database: app.deps.db.dialect }, 'listening');
  console.log(banner(url, config, app.firstAdmin));
}

function listenFault(error: unknown, { HOST, PORT }: Config): unknown {
  const code = String((error as { code?: unknown } | null)?.code);
  if (code === 'EADDRINUSE') return new Error(`Port ${PORT} is taken on ${HOST}: set PORT to another`);
  if (code === 'EACCES') return new Error(`Port ${PORT} is not allowed to this user: set PORT to another, above 1023`);
  const isUnknown = ['EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN'].includes(code);
  return isUnknown ? new Error(`HOST is ${HOST}, which is no address of this machine: set HOST to another`) : error;
}

function banner(url: string, { DATA_DIR, ADMIN_PASSWORD }: Config, firstAdmin: App['firstAdmin']): string {
  const isUnused = ADMIN_PASSWORD !== undefined && !firstAdmin;
  return [
    `Veza Chat Server is ready`,
    `  API       ${url}/api/v1`,
    `  Sockets   ${url.replace('http', 'ws')}/ws`,
    `  OpenAPI   ${url}/openapi.json`,
    `  Health    ${url}/health`,
    `  Data      ${resolve(DATA_DIR)}`,
    ...adminLines(firstAdmin),
    ...(isUnused ? ['  Admin     is there already; ADMIN_PASSWORD is for the first start alone'] : []),
  ].join('\n');
}

function adminLines(firstAdmin: App['firstAdmin']): string[] {
  if (!firstAdmin) return [];
  const { adminUsername, oneTimePassword } = firstAdmin;
  const password = oneTimePassword ? [`  Password  ${oneTimePassword}   (shown this once and kept nowhere)`] : [];
  return [`  Admin     ${adminUsername}`, ...password];
}

await main();
