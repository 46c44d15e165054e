/** What a label of each name holds. */
type Labels = Readonly<Record<string, string>>;
type None = Record<never, string>;

const counter = <const L extends Labels = None>(help: string, labels = {} as L) =>
  ({ type: 'counter', help, labels }) as const;
const gauge = <const L extends Labels = None>(help: string, labels = {} as L) =>
  ({ type: 'gauge', help, labels }) as const;
/** `buckets` are upper bounds. */
const histogram = <const L extends Labels = None>(help: string, buckets: readonly number[], labels = {} as L) =>
  ({ type: 'histogram', help, labels, buckets }) as const;

const ofRequests = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const ofTheLoop = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const ofCommits = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const ofBatches = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];

const route =
  "the path with its parameters' names; `unknown` where nobody serves it, `malformed` for what was no request, `preflight` for what browsers ask first";
const method = 'of HTTP; `other` for one that no route has';

/**
 * Every metric there is: rendering, docs/metrics.md and the types of what is measured read this list. A label never holds what people have
 * given, such as a name, an id or an address.
 */
export const metricCatalogue = {
  veza_info: gauge('What runs here; always 1.', {
    version: "the server's",
    node: "Node's",
    engine: 'which database',
  }),
  veza_uptime_seconds: gauge('Since the process started.'),
  process_start_time_seconds: gauge('When the process started, in seconds since 1970.'),
  process_cpu_seconds_total: counter('CPU time of the process, all its threads together.'),
  process_resident_memory_bytes: gauge('Memory of the process.'),
  veza_heap_used_bytes: gauge("Of it, JavaScript's objects."),
  veza_external_memory_bytes: gauge('Of it, bytes outside of the heap that its objects hold.'),
  veza_event_loop_delay_seconds: histogram(
    'How much later than asked for a timer came, looked at fifty times a second: for so long everything waits.',
    ofTheLoop,
  ),
  veza_event_loop_busy_seconds_total: counter('Time in which the event loop had something to do.'),

  veza_http_requests_total: counter('Requests answered.', { route, method, status: 'of the answer' }),
  veza_http_request_duration_seconds: histogram('From the headers of a request to those of its answer.', ofRequests, {
    route,
    method,
  }),
  veza_http_requests_running: gauge('Requests that have one of the MAX_RUNNING_REQUESTS places.'),
  veza_http_requests_waiting: gauge('Requests that wait for a place.'),
  veza_http_requests_refused_total: counter('Requests that got no place.', {
    reason: '`full`: too many waited; `late`: waited for MAX_WAITING_MS; `gone`: the client left while waiting',
  }),
  veza_http_connections: gauge('Open connections to the port.'),
  veza_rate_limit_refusals_total: counter('Requests refused by a rate limit.', {
    class: 'what is counted together: `send` is RATE_LIMIT_SEND',
  }),

  veza_sockets: gauge('Open sockets.'),
  veza_sockets_opened_total: counter('Sockets that were let in.'),
  veza_sockets_closed_total: counter('Sockets that were closed.', {
    reason: 'why the server closed it, as docs/realtime.md has it; `gone`: the other side did',
  }),
  veza_socket_frames_received_total: counter('Frames that came in.'),
  veza_socket_frames_sent_total: counter('Frames that went out.', {
    kind: '`event`: of the log; `answer`: to a frame; `other`: heartbeats, presence, typing',
  }),
  veza_people_online: gauge('People with a socket on this node who want to be seen.'),
  veza_event_readers: gauge('Who follows the event log.', {
    kind: '`socket`, or `http` for streams and polls that wait',
    state: '`live`, or `behind` while what was missed is being told',
  }),
  veza_event_delay_seconds: histogram('From a change to telling live readers of it.', ofRequests),

  veza_database_up: gauge('1 when the database answers, else 0.'),
  veza_database_size_bytes: gauge('What the database takes.'),
  veza_database_writes_total: counter('Changes asked of the database.', {
    outcome:
      '`committed`; `undone`, as its action was refused; or failed: `full`, `unavailable`, `stuck` (a fault of ours) or `failed`',
  }),
  veza_database_commit_writes: histogram(
    'Changes that shared a transaction; where each has one of its own, 1.',
    ofBatches,
  ),
  veza_database_commit_duration_seconds: histogram('What a commit took, the sync to the disk included.', ofCommits),
  veza_database_transaction_duration_seconds: histogram(
    'What a changing transaction took, its commit included.',
    ofCommits,
  ),
  veza_nodes: gauge('Processes on this database, this one among them; always 1 on SQLite.'),
  veza_nodes_heard: gauge('1 where what the others tell comes at once, 0 where they are looked for every half second.'),
  veza_node_work: gauge('1 where this process does what is done once for all.', { work: 'what that is' }),
  veza_database_horizon_seconds: gauge(
    'How long the oldest transaction has been open: readers of the log wait for it. Always 0 on SQLite.',
  ),
  veza_message_batch_messages: histogram('Messages that were written together.', ofBatches),
  veza_message_cache_bytes: gauge('Messages kept in memory as they are sent.'),

  veza_disk_free_bytes: gauge('Free space where the data directory is.'),
  veza_storage_full: gauge('1 while changes are refused for want of space, else 0.'),
  veza_files_up: gauge('1 where the bytes of files can be had, 0 while the bucket they are in does not answer.'),
  veza_files: gauge('Files that were uploaded and not deleted.'),
  veza_files_bytes: gauge('What they have, each counted by itself.'),

  veza_webhook_attempts_total: counter('Attempts to deliver to a webhook, tests included.', {
    outcome: '`delivered`, `cut_off` when the server stopped, or the `error` that the delivery shows',
  }),
  veza_webhook_attempt_duration_seconds: histogram('What an attempt took.', ofRequests),
  veza_webhook_attempts_running: gauge('Attempts under way.'),
  veza_webhook_deliveries_pending: gauge('Deliveries that are still to be attempted; counted up to 10 000.'),
  veza_webhook_oldest_due_seconds: gauge('For how long the delivery that is due first has been so; 0 when none is.'),
} as const;

export type MetricName = keyof typeof metricCatalogue;
export type LabelOf<N extends MetricName> = keyof (typeof metricCatalogue)[N]['labels'] & string;
export type HistogramName = {
  [N in MetricName]: (typeof metricCatalogue)[N]['type'] extends 'histogram' ? N : never;
}[MetricName];
