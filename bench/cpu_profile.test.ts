import assert from 'node:assert/strict';
import { test } from 'node:test';
import { costsOf } from './cpu_profile.ts';

const node = (id: number, functionName: string, url: string, lineNumber: number) => ({
  id,
  callFrame: { functionName, url, lineNumber },
});

test('time is added up by function and by file or package, without idling', () => {
  const profile = {
    nodes: [
      node(1, '(idle)', '', -1),
      node(2, 'send', 'file:///tree/server/src/send.ts', 9),
      node(3, 'all', 'file:///tree/node_modules/better-sqlite3/lib/x.js', 0),
      node(4, '', 'file:///tree/node_modules/@scope/name/y.js', 4),
      node(5, 'run', 'node:internal/streams/writable', 1),
    ],
    samples: [1, 2, 3, 2, 4, 5],
    timeDeltas: [100, 30, 20, 10, 20, 20],
  };
  assert.deepEqual(costsOf(profile, '/tree'), {
    functions: [
      { name: 'send  server/src/send.ts:10', share: 0.4 },
      { name: 'all  node_modules/better-sqlite3/lib/x.js:1', share: 0.2 },
      { name: '(anonymous)  node_modules/@scope/name/y.js:5', share: 0.2 },
      { name: 'run  node:internal/streams/writable:2', share: 0.2 },
    ],
    files: [
      { name: 'server/src/send.ts', share: 0.4 },
      { name: 'better-sqlite3', share: 0.2 },
      { name: '@scope/name', share: 0.2 },
      { name: 'node:internal/streams', share: 0.2 },
    ],
  });
});
