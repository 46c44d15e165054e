import { writeSync } from 'node:fs';
import { resolve } from 'node:path';
import closeWithGrace from 'close-with-grace';
import { type App, createApp } from './app.ts';
import { exitCodes } from './cli/exit.ts';
import { type Config, ConfigError, readConfig } from './config.ts';

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
    throw isPortTaken(error) ? new Error(`Port ${config.PORT} is taken on ${config.HOST}: set PORT to another`) : error;
  });
  // Longer than the drain itself takes; a second signal ends at once.
  closeWithGrace({ delay: (config.DRAIN_SECONDS + 5) * 1_000, logger: false }, async ({ err }) => {
    if (err) app.deps.log.fatal({ err }, 'unexpected error; ending');
    await app.close();
  });
  console.log(banner(url, config.DATA_DIR, app.firstAdmin));
}

function isPortTaken(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === 'EADDRINUSE';
}

function banner(url: string, directory: string, firstAdmin: App['firstAdmin']): string {
  return [
    `Veza Chat Server is ready`,
    `  API       ${url}/api/v1`,
    `  OpenAPI   ${url}/openapi.json`,
    `  Health    ${url}/health`,
    `  Data      ${resolve(directory)}`,
    ...adminLines(firstAdmin),
  ].join('\n');
}

function adminLines(firstAdmin: App['firstAdmin']): string[] {
  if (!firstAdmin) return [];
  const { adminUsername, oneTimePassword } = firstAdmin;
  const password = oneTimePassword ? [`  Password  ${oneTimePassword}   (shown this once and kept nowhere)`] : [];
  return [`  Admin     ${adminUsername}`, ...password];
}

await main();
