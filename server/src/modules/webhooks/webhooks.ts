import type { Outgoing } from '../../adapters/outgoing/outgoing.ts';
import type { Vault } from '../auth/vault.ts';
import type { AttemptCounts } from './attempt_counts.ts';
import type { TestPlaces } from './test_places.ts';

/** Delivers what is due, in the background. */
export interface DeliveryWorker {
  start(): Promise<void>;
  /** Something may be due: it is looked for within some milliseconds, once for many calls. Before `start` it does nothing. */
  wake(): void;
  /** Begins no more attempts, waits so many milliseconds for those under way, and aborts the rest. */
  stop(graceMs: number): Promise<void>;
}

/** What webhooks need beside the database. */
export interface Webhooks {
  /** Seals their secrets. */
  readonly vault: Vault;
  readonly outgoing: Outgoing;
  readonly worker: DeliveryWorker;
  readonly attempts: AttemptCounts;
  readonly tests: TestPlaces;
}
