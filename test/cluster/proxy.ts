/** Between kubectl and the API server: counts requests, and lets watches go wrong. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Agent, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { ports } from './layout.ts';

export interface Fault {
  /** of the path with its parameters */
  path: RegExp;
  /** how often */
  times: number;
  /** cut: the connection breaks after this many pieces; else another path, of which the server says what is wrong */
  does:
    | { cutAfter: number }
    | { asks: (path: string) => string }
    | { answers: [status: number, body: string] };
}

export interface Between {
  url: string;
  /** method and path without parameters */
  requests: string[];
  faults: Fault[];
  /** how often a fault has been used */
  used: number;
  close(): Promise<void>;
}

export async function proxy(token: string): Promise<Between> {
  const agent = new Agent({ keepAlive: true, rejectUnauthorized: false });
  const self: Between = { url: '', requests: [], faults: [], used: 0, close };
  const server = createServer((incoming, outgoing) => pass(incoming, outgoing));
  const sockets = new Set<{ destroy(): void }>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });

  function pass(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { method = 'GET', url = '/' } = incoming;
    self.requests.push(`${method} ${url}`);
    const fault = self.faults.find(({ path, times }) => times > 0 && path.test(url));
    if (fault) {
      fault.times -= 1;
      self.used += 1;
    }
    const does = fault?.does ?? null;
    if (does && 'answers' in does) {
      outgoing.writeHead(does.answers[0], { 'content-type': 'application/json' }).end(does.answers[1]);
      return;
    }
    const path = does && 'asks' in does ? does.asks(url) : url;
    const headers = { ...incoming.headers, authorization: `Bearer ${token}`, host: '127.0.0.1' };
    const onward = request({ host: '127.0.0.1', port: ports.apiServer, method, path, headers, agent });
    onward.on('response', (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      outgoing.flushHeaders();
      let pieces = 0;
      answer.on('data', (piece) => {
        outgoing.write(piece);
        pieces += 1;
        if (does && 'cutAfter' in does && pieces >= does.cutAfter) outgoing.destroy();
      });
      answer.on('end', () => outgoing.end());
      answer.on('error', () => outgoing.destroy());
    });
    onward.on('error', () => outgoing.destroy());
    outgoing.on('close', () => onward.destroy());
    incoming.pipe(onward);
  }

  async function close(): Promise<void> {
    for (const socket of sockets) socket.destroy();
    agent.destroy();
    await new Promise((resolve) => server.close(resolve));
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  self.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return self;
}
