/** Why the server closes a socket, and what a client does then; docs/realtime.md is printed from it. */
export const closeCodes = {
  goodbye: [1000, 'The client has said goodbye.', 'no'],
  noFrame: [1002, 'What came breaks the protocol, such as a frame without a mask.', 'no'],
  binary: [1003, 'A binary frame; frames are text.', 'no'],
  notUtf8: [1007, 'A text that is not UTF-8.', 'no'],
  tooManyPieces: [1008, 'A message in too many fragments.', 'no'],
  tooBig: [1009, 'A frame above the limit.', 'no'],
  fault: [1011, 'A fault of the server.', 'yes, with a growing wait'],
  restarting: [1012, 'The server restarts, or one has other rights than before.', 'yes, after a random wait'],
  unauthenticated: [4001, 'Not authenticated in time, or no longer.', 'with a new token'],
  tooMany: [4003, 'Too many frames, or too many that were refused.', 'after a minute'],
  tooSlow: [4008, 'What waited to be read was too much, or waited too long.', 'yes, and resume'],
  tooManySockets: [4009, 'Too many sockets of one person, or of one address.', 'after closing another'],
} as const satisfies Record<string, readonly [code: number, says: string, reconnect: string]>;
export type Closing = keyof typeof closeCodes;

/** What is against the protocol, by the name the library gives it; every other name of its own is 1002. */
const protocolFaults: Readonly<Record<string, Closing>> = {
  WS_ERR_INVALID_UTF8: 'notUtf8',
  WS_ERR_TOO_MANY_BUFFERED_PARTS: 'tooManyPieces',
  WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH: 'tooBig',
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 'tooBig',
};

/** Why the library has closed a socket; `gone` where the connection broke. */
export function closingOf({ code = '' }: Error & { code?: string }): Closing | 'gone' {
  if (!code.startsWith('WS_ERR_')) return 'gone';
  return protocolFaults[code] ?? 'noFrame';
}
