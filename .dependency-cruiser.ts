import type { IConfiguration, IRegularForbiddenRuleType } from 'dependency-cruiser';

// Who may import whom; server/test/laws/architecture.test.ts shows that each rule can fail.

const SRC = '^server/src/';
const TEST = '\\.test\\.ts$';
const MODULES = `${SRC}modules/`;
const STORE = `${MODULES}([^/]+)/[a-z_/]*store\\.ts$`;
const ROUTES = `${MODULES}([^/]+)/[a-z_/]*routes\\.ts$`;

const never: IRegularForbiddenRuleType[] = [
  {
    name: 'no-circular',
    comment: 'Two files that need each other are one, or lack a third. Types may refer to each other.',
    from: {},
    to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
  },
  {
    name: 'resolvable',
    comment: 'Every import leads somewhere.',
    from: {},
    to: { couldNotResolve: true },
  },
  {
    name: 'declared-dependencies',
    comment: "The server runs on its own package's dependencies alone.",
    from: { path: SRC, pathNot: TEST },
    to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
  },
  {
    name: 'store-only-db',
    comment: 'A store is SQL: beside its own module it knows db/ and the types of other stores.',
    from: { path: STORE },
    to: { path: SRC, pathNot: [`${SRC}db/`, `${MODULES}$1/`, STORE] },
  },
  {
    name: 'store-below-actions',
    comment: "A store calls nothing of its module's other layers: what they work out is handed to it.",
    from: { path: STORE },
    to: { path: `${MODULES}$1/`, pathNot: STORE, dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'store-calls-no-store',
    comment: "A store calls no other module's store; the action calls both.",
    from: { path: STORE },
    to: { path: STORE, pathNot: `${MODULES}$1/`, dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'store-only-kysely',
    comment: 'A store is SQL written with Kysely.',
    from: { path: STORE },
    to: { path: 'node_modules/', pathNot: 'node_modules/kysely/' },
  },
  {
    name: 'routes-no-storage',
    comment: 'A route calls its action, and the action the store.',
    from: { path: ROUTES },
    to: { path: [`${SRC}(db|log|realtime|adapters)/`, STORE] },
  },
  {
    name: 'routes-only-route',
    comment: 'A route declares; the rest of http/ reads the declaration.',
    from: { path: ROUTES },
    to: { path: `${SRC}http/`, pathNot: `${SRC}http/route\\.ts$` },
  },
  {
    name: 'actions-no-http',
    comment: 'The socket, the batch and the tests call the same actions: they know nothing of HTTP.',
    from: { path: MODULES, pathNot: [ROUTES, TEST] },
    to: { path: [`${SRC}http/`, 'node_modules/(@fastify/|fastify)'] },
  },
  {
    name: 'drivers-in-db',
    comment: 'Which engine runs is known to db/, to the configuration and where the app is put together.',
    from: { path: SRC, pathNot: [`${SRC}db/`, `${SRC}(app|config)\\.ts$`, TEST] },
    to: { path: 'node_modules/(pg|better-sqlite3)/' },
  },
  {
    name: 'db-below-all',
    comment: 'db/ serves the parts above it.',
    from: { path: `${SRC}db/`, pathNot: TEST },
    to: { path: `${SRC}(modules|http|log|realtime|adapters)/` },
  },
  {
    name: 'log-below-transport',
    comment: 'The log has many readers and knows none.',
    from: { path: `${SRC}log/`, pathNot: TEST },
    to: { path: `${SRC}(http|realtime)/` },
  },
  {
    name: 'adapters-outside',
    comment: 'An adapter speaks to something outside and knows nothing of chat.',
    from: { path: `${SRC}adapters/`, pathNot: TEST },
    to: { path: `${SRC}(modules|http|log|realtime)/` },
  },
  {
    name: 'app-on-top',
    comment: 'The composition root is called by what starts the app.',
    from: { path: SRC, pathNot: [`${SRC}(start\\.js|(main|generate|cli)\\.ts)$`, `${SRC}cli/`, TEST] },
    to: { path: `${SRC}(app|main|generate)\\.ts$`, dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'no-http-module',
    comment:
      'Imported for more than its types, node:http brings all it could ever need: 15 MiB and 40 ms at every start.',
    from: { path: SRC, pathNot: [`${SRC}cli/`, TEST] },
    to: { path: '^(node:)?https?$', dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'no-test-code',
    comment: 'What runs in production imports no test code.',
    from: { path: SRC, pathNot: TEST },
    to: { path: ['^server/test/', TEST] },
  },
  {
    name: 'server-alone',
    comment: 'The server imports none of its clients.',
    from: { path: SRC, pathNot: TEST },
    to: { path: '^(bench|sdk|web)/' },
  },
  {
    name: 'sdk-alone',
    comment: 'The SDK is made from openapi.json alone.',
    from: { path: '^sdk/src/', pathNot: TEST },
    to: { path: '^(server|bench|web)/' },
  },
  {
    name: 'web-on-sdk',
    comment: 'The web client is a customer like any other.',
    from: { path: '^web/' },
    to: { path: '^(server|bench)/' },
  },
];

const configuration: IConfiguration = {
  forbidden: never.map((rule) => ({ ...rule, severity: 'error' })),
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: 'specify',
    detectProcessBuiltinModuleCalls: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};

export default configuration;
