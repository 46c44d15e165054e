import type { Deps } from '../context.ts';
import { type Sample, sample } from '../metrics/sample.ts';
import { closeCodes } from './close_codes.ts';
import type { Counts } from './shared.ts';

interface Sockets {
  readonly open: number;
  readonly counts: Counts;
  /** By what closed them. */
  readonly closed: ReadonlyMap<string, number>;
}

export function measureSockets({ realtime }: Pick<Deps, 'realtime'>, { open, counts, closed }: Sockets): Sample[] {
  const { hub, presence } = realtime;
  const sent = { event: counts.events, answer: counts.answers, other: counts.others };
  return [
    sample('veza_sockets', open),
    sample('veza_sockets_opened_total', counts.opened),
    ...[...Object.keys(closeCodes), 'gone'].map((reason) =>
      sample('veza_sockets_closed_total', closed.get(reason) ?? 0, { reason }),
    ),
    sample('veza_socket_frames_received_total', counts.framesIn),
    ...Object.entries(sent).map(([kind, count]) => sample('veza_socket_frames_sent_total', count, { kind })),
    sample('veza_people_online', presence.count()),
    ...hub.countReaders().map(({ kind, state, count }) => sample('veza_event_readers', count, { kind, state })),
    sample('veza_event_delay_seconds', hub.delays),
  ];
}
