import { createServer } from 'node:http';
import { type AddressInfo, Socket } from 'node:net';
import { WebSocketServer } from 'ws';
import { bytesOf } from '../../server/src/realtime/frames.ts';
import { report } from './report.ts';

// `ws` and nothing else: each request has one frame, made ready at the start, written to every socket.
const [, , text = '{}'] = process.argv;
const frame = bytesOf(JSON.parse(text) as object);
const sockets = new WebSocketServer({ noServer: true, clientTracking: false, perMessageDeflate: false });
const open = new Set<Socket>();
const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    for (const socket of open) socket.write(frame);
    response.writeHead(201, { 'content-type': 'application/json', 'content-length': 2 });
    response.end('{}');
  });
});
server.on('upgrade', (request, socket, head) => {
  sockets.handleUpgrade(request, socket, head, (ws) => {
    if (!(socket instanceof Socket)) return;
    socket.setNoDelay(true);
    open.add(socket);
    ws.on('close', () => open.delete(socket));
  });
});
await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, resolve));
report({
  ready: { port: (server.address() as AddressInfo).port, tokens: [] },
  groups: () => 0,
  stop: () => {
    server.close();
    for (const socket of open) socket.destroy();
  },
});
