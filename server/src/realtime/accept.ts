import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { parseBlocks } from '../address.ts';
import { type AppError, invalidField } from '../errors.ts';
import { clientAddress } from '../http/client_address.ts';
import { languageOf } from '../http/preferences.ts';
import { closingOf } from './close_codes.ts';
import { Connection } from './connection.ts';
import { type Peer, Session } from './session.ts';
import type { Shared } from './shared.ts';

/** A request for an upgrade, and what has come behind it. */
export interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

/** What is done with a session when its socket is open, and when it is closed. */
interface Following {
  /** The upgrade is none as the protocol has it. */
  refuse(upgrade: Pick<Upgrade, 'request' | 'socket'>, error: AppError): void;
  come(session: Session, request: IncomingMessage): void;
  leave(session: Session): void;
}

/** Makes sockets of upgrades, and sessions of sockets; what comes over one is not read before `come` has asked for it. */
export function createAccept(shared: Shared, { come, leave, refuse }: Following): (upgrade: Upgrade) => void {
  const { config } = shared.deps;
  const bounds = { maxWaitingBytes: config.MAX_WAITING_BYTES, maxBehindMs: config.MAX_BEHIND_SECONDS * 1_000 };
  const { blocks: trusted } = parseBlocks(config.TRUSTED_PROXIES);
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: config.MAX_FRAME_BYTES,
  });

  sockets.on('wsClientError', (_, socket, request) =>
    refuse({ request, socket }, invalidField('request', 'no_upgrade')),
  );

  function peerOf({ socket, headers }: IncomingMessage): Peer {
    return {
      address: clientAddress(socket.remoteAddress, headers['x-forwarded-for'], trusted),
      userAgent: (headers['user-agent'] ?? '').slice(0, 512),
      language: languageOf(headers['accept-language']),
    };
  }

  return ({ request, socket, head }) =>
    sockets.handleUpgrade(request, socket, head, (ws) => {
      // Over a plain server there is nothing else.
      if (!(socket instanceof Socket)) return ws.terminate();
      socket.setNoDelay(true);
      socket.setTimeout(0);
      const session = new Session(shared, new Connection(ws, socket, bounds), peerOf(request));
      ws.on('message', (data, isBinary) => session.receive(data as Buffer, isBinary));
      ws.on('ping', () => session.receivePing());
      ws.on('pong', () => session.receivePong());
      // Of what is against the protocol the library has sent the code.
      ws.on('error', (error) => session.lost(closingOf(error)));
      ws.on('close', () => leave(session));
      session.connection.pause();
      come(session, request);
    });
}
