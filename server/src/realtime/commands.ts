import type { Command } from './command.ts';
import { messageCommands } from './message_commands.ts';
import { presenceCommands } from './presence_commands.ts';
import { roomCommands } from './room_commands.ts';

const declared = { ...roomCommands, ...messageCommands, ...presenceCommands };

/** Every command of the socket besides those about the connection itself: the same actions as over REST. */
export const commands: ReadonlyMap<string, Command> = new Map(
  Object.entries(declared).map(([type, make]) => [type, make(type)]),
);
