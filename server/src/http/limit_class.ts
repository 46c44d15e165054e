import type { Rate } from '../adapters/limiter/limiter.ts';
import type { RateClass } from './route.ts';

export type ClassName = Exclude<RateClass, 'none'> | 'anonymous' | 'frames';

/** One class of requests and what its headers always say. */
export interface LimitClass {
  readonly name: ClassName;
  readonly rate: Rate;
  /** `RateLimit-Policy` of the IETF draft. */
  readonly policy: string;
}
