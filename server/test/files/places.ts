import { type Engine, engines } from '../engines.ts';
import { createBucket, requireStore } from '../s3/bucket.ts';

/** Where a server has its database, and where its files. */
export interface Place {
  readonly name: string;
  readonly engine: Engine;
  /** Settings of a new server there. */
  variables(): Promise<Readonly<Record<string, string>>>;
}

const url = requireStore();

/** `for (const { name, engine, variables } of places) describe(name, …)`: what a run leaves out shows as a skipped test. */
export const places: readonly Place[] = [
  ...engines.map((engine) => ({ name: `${engine}, disk`, engine, variables: async () => ({}) })),
  ...(url === undefined
    ? []
    : [{ name: 'sqlite, s3', engine: 'sqlite' as const, variables: async () => (await createBucket(url)).variables }]),
];
