/** Series of one hour, a value each minute, in which an alert of deploy/alerts.yaml is due, as promtool writes them. */
export const alertSamples: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  VezaDown: { 'up{job="veza",instance="a"}': '0x60' },
  VezaRestarts: { 'process_start_time_seconds{job="veza",instance="a"}': '100+60x60' },
  VezaDatabaseDown: { 'veza_database_up{instance="a"}': '0x60' },
  VezaStorageFull: { 'veza_storage_full{instance="a"}': '1x60' },
  VezaDiskFillsUp: { 'veza_disk_free_bytes{instance="a"}': '20000000000-50000000x60' },
  VezaWritesFail: { 'veza_database_writes_total{instance="a",outcome="unavailable"}': '0+1x60' },
  VezaRequestsFail: {
    'veza_http_requests_total{instance="a",route="/x",method="GET",status="200"}': '0+1000x60',
    'veza_http_requests_total{instance="a",route="/x",method="GET",status="500"}': '0+20x60',
  },
  VezaRequestsSlow: histogram('veza_http_request_duration_seconds', 'route="/x",method="GET"', '1', '2.5'),
  VezaRequestsRefused: { 'veza_http_requests_refused_total{instance="a",reason="late"}': '0+60x60' },
  VezaEventLoopLate: histogram('veza_event_loop_delay_seconds', '', '0.25', '0.5'),
  VezaCommitsSlow: histogram('veza_database_commit_duration_seconds', '', '0.5', '1'),
  VezaOldTransaction: { 'veza_database_horizon_seconds{instance="a"}': '0+1x60' },
  VezaEventsLate: histogram('veza_event_delay_seconds', '', '5', '10'),
  VezaReadersTooSlow: { 'veza_sockets_closed_total{instance="a",reason="tooSlow"}': '0+5x60' },
  VezaWebhooksLate: { 'veza_webhook_oldest_due_seconds{instance="a"}': '0+60x60' },
  VezaFilesDown: { 'veza_files_up{instance="a"}': '0x60' },
  VezaNodesUnheard: { 'veza_nodes_heard{instance="a"}': '0x60' },
  VezaWorkUndone: { 'veza_node_work{instance="a",work="seal"}': '0x60' },
};

/** The same series where all is well: none is due. */
export const quietSamples: Readonly<Record<string, string>> = {
  'up{job="veza",instance="a"}': '1x60',
  'process_start_time_seconds{job="veza",instance="a"}': '100x60',
  'veza_database_up{instance="a"}': '1x60',
  'veza_storage_full{instance="a"}': '0x60',
  'veza_disk_free_bytes{instance="a"}': '20000000000x60',
  'veza_database_writes_total{instance="a",outcome="committed"}': '0+1000x60',
  'veza_database_writes_total{instance="a",outcome="undone"}': '0+10x60',
  'veza_http_requests_total{instance="a",route="/x",method="GET",status="200"}': '0+1000x60',
  'veza_http_requests_total{instance="a",route="/x",method="GET",status="404"}': '0+900x60',
  'veza_http_requests_total{instance="a",route="/x",method="GET",status="503"}': '0+900x60',
  ...histogram('veza_http_request_duration_seconds', 'route="/api/v1/events",method="GET"', '10', '30'),
  'veza_http_requests_refused_total{instance="a",reason="gone"}': '0+60x60',
  ...histogram('veza_event_loop_delay_seconds', '', '0.005', '0.01'),
  ...histogram('veza_database_commit_duration_seconds', '', '0.001', '0.0025'),
  'veza_database_horizon_seconds{instance="a"}': '0x60',
  ...histogram('veza_event_delay_seconds', '', '0.5', '1'),
  'veza_sockets_closed_total{instance="a",reason="gone"}': '0+500x60',
  'veza_sockets_closed_total{instance="a",reason="tooSlow"}': '0x60',
  'veza_webhook_oldest_due_seconds{instance="a"}': '3x60',
  'veza_files_up{instance="a"}': '1x60',
  'veza_nodes_heard{instance="a"}': '1x60',
  'veza_node_work{instance="a",work="seal"}': '0x60',
  'veza_node_work{instance="b",work="seal"}': '1x60',
};

/** Each value lies between two neighbouring bounds. */
function histogram(name: string, labels: string, above: string, upTo: string): Record<string, string> {
  const series = (le: string) =>
    `${name}_bucket{${['instance="a"', ...(labels ? [labels] : []), `le="${le}"`].join(',')}}`;
  return { [series(above)]: '0x60', [series(upTo)]: '0+100x60', [series('+Inf')]: '0+100x60' };
}
