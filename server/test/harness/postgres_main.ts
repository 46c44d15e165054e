import { createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';

/** main.ts on PostgreSQL, which no variable offers yet. */
const databaseUrl = process.env.TEST_DATABASE_URL;
if (!databaseUrl) throw new Error('TEST_DATABASE_URL names the database');
const config = { ...readConfig(process.env), databaseUrl };
const app = await createApp(config);
const url = await app.server.listen({ host: config.HOST, port: config.PORT });
console.log(`API ${url}/api/v1`);
