import autocannon from 'autocannon';

/** One run of load, as the measuring process orders it. */
export interface LoadOrder {
  readonly url: string;
  readonly seconds: number;
  readonly connections: number;
  readonly method: 'GET' | 'POST';
  /** For each connection what it asks for, over and over; connections beyond the list begin again at its start. */
  readonly paths: readonly (readonly string[])[];
  readonly body: string | undefined;
  /** For each connection its bearer token; none for a subject that takes none. */
  readonly tokens: readonly string[];
}

export interface LoadResult {
  readonly requests: number;
  readonly seconds: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Anything but an answer of success. */
  readonly failures: number;
  /** Microseconds of CPU the load itself took. */
  readonly cpu: number;
}

/** As long as a token, so that every subject reads as many bytes. */
const NO_TOKEN = 'x'.repeat(380);

// The load comes from a process of its own, so that it uses none of the server's time.
process.on('message', (order: LoadOrder | 'stop') => {
  if (order === 'stop') process.exit(0);
  run(order).then(
    (result) => process.send?.(result),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.on('disconnect', () => process.exit(0));

async function run({ url, seconds, connections, method, paths, body, tokens }: LoadOrder): Promise<LoadResult> {
  let connected = 0;
  const before = process.cpuUsage();
  const result = await autocannon({
    url,
    connections,
    pipelining: 1,
    duration: seconds,
    setupClient: (client) => {
      const place = connected++;
      const token = tokens.length === 0 ? NO_TOKEN : tokens[place % tokens.length];
      const headers = {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      };
      const own = paths[place % paths.length] as readonly string[];
      client.setRequests(own.map((path) => ({ method, path, headers, ...(body === undefined ? {} : { body }) })));
    },
  });
  const { user, system } = process.cpuUsage(before);
  return {
    requests: result['2xx'],
    seconds: result.duration,
    p50: result.latency.p50,
    p99: result.latency.p99,
    failures: result.non2xx + result.errors + result.timeouts,
    cpu: user + system,
  };
}
