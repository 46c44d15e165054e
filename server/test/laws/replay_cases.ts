import { accountCases } from './replay_account_cases.ts';
import { messageCases } from './replay_message_cases.ts';
import { roomCases } from './replay_room_cases.ts';
import type { World } from './replay_world.ts';

/** Everything one can do, each thing after those before it. */
export type Case = readonly [says: string, act: (world: World) => Promise<unknown>];

export const cases: readonly Case[] = [...messageCases, ...roomCases, ...accountCases];
