import type { Deps } from '../../context.ts';
import { type Sample, sample } from '../../metrics/sample.ts';
import { works } from '../../nodes/works.ts';

/** What this process knows of the others. */
export function measureNodes({ nodes }: Deps): Sample[] {
  const { register, talk } = nodes;
  return [
    sample('veza_nodes', register.size),
    sample('veza_nodes_heard', talk.isUp ? 1 : 0),
    ...works.map((work) => sample('veza_node_work', register.owns(work) ? 1 : 0, { work })),
  ];
}
