import type { Outgoing } from '../../adapters/outgoing/outgoing.ts';
import type { Vault } from '../auth/vault.ts';
import type { TestPlaces } from './test_places.ts';
import type { DeliveryWorker } from './worker.ts';

/** What webhooks need beside the database. */
export interface Webhooks {
  /** Seals their secrets. */
  readonly vault: Vault;
  readonly outgoing: Outgoing;
  readonly worker: DeliveryWorker;
  readonly tests: TestPlaces;
}
