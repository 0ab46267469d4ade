/** A server and a proxy on this machine, which answer as the test says and keep a record of what they were asked. */
import { readFileSync } from 'node:fs';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import net, { type AddressInfo, type Socket } from 'node:net';
import path from 'node:path';
import { afterAll } from 'vitest';
import { root } from './tools.ts';

export type Handler = (request: IncomingMessage, response: ServerResponse) => unknown;

interface Asked {
  url: string;
  headers: http.IncomingHttpHeaders;
}

export interface Server {
  url: string;
  port: number;
  asked: Asked[];
  /** the most requests that were open at one time */
  overlap: number;
  handler: Handler;
}

const newPlace = 'pkgs/by-name/ut/util-linux/package.nix';
const oldPlace = 'pkgs/os-specific/linux/util-linux/default.nix';

/** A fixture's file of util-linux, with its place. */
export function fixture(name: string): { place: string; text: string } {
  const place = name.startsWith('old-location') ? oldPlace : newPlace;
  return { place, text: readFileSync(path.join(root, 'test/fixtures/nixpkgs', name, place), 'utf8') };
}

/** A commit id that is made of one digit. */
export const commit = (digit: string): string => digit.repeat(40);

export async function serve(handler: Handler): Promise<Server> {
  const sockets = new Set<Socket>();
  let open = 0;
  const listener = http.createServer((request, response) => {
    server.asked.push({ url: request.url ?? '', headers: request.headers });
    open += 1;
    server.overlap = Math.max(server.overlap, open);
    response.once('close', () => {
      open -= 1;
    });
    server.handler(request, response);
  });
  listener.on('connection', (socket) => sockets.add(socket));
  const port = await listening(listener);
  const server: Server = { url: `http://127.0.0.1:${port}`, port, asked: [], overlap: 0, handler };
  afterAll(() => {
    for (const socket of sockets) socket.destroy();
    listener.close();
  });
  return server;
}

export interface Between {
  port: number;
  /** host:port of each tunnel */
  tunnels: string[];
  /** URL of each request that is not a tunnel */
  plain: string[];
}

/** A proxy; each tunnel and each request goes to one place, whatever name was asked for. */
export async function proxy(to: { port: number; url?: string }): Promise<Between> {
  const seen: Between = { port: 0, tunnels: [], plain: [] };
  const listener = http.createServer((request, response) => {
    seen.plain.push(request.url ?? '');
    const { pathname } = new URL(request.url ?? '');
    http.get(`http://127.0.0.1:${to.port}${pathname}`, { headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
  });
  listener.on('connect', (request, socket) => {
    seen.tunnels.push(request.url ?? '');
    const onward = net.connect(to.port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
    for (const end of [onward, socket]) end.on('error', () => onward.destroy());
  });
  seen.port = await listening(listener);
  afterAll(() => {
    listener.closeAllConnections();
    listener.close();
  });
  return seen;
}

export async function listening(server: net.Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

export interface Told {
  revision: string;
  /** name of a fixture */
  nixpkgs: string;
}

const modified = 'Fri, 20 Nov 2026 10:00:00 GMT';

/** Answers as channels.nixos.org and raw.githubusercontent.com do, with ETags. */
export function nixpkgs(channels: Record<string, Told>): Handler {
  return (request, response) => {
    const [, kind, name = '', ...rest] = (request.url ?? '').split('/');
    const told =
      kind === 'channels' ? channels[name] : Object.values(channels).find((one) => one.revision === name);
    const file = told && fixture(told.nixpkgs);
    const body =
      kind === 'channels' ? told?.revision : file && rest.join('/') === file.place ? file.text : undefined;
    if (body === undefined) {
      response.writeHead(404).end('404: Not Found');
      return;
    }
    const etag = `"${kind}-${told?.revision}"`;
    if (request.headers['if-none-match'] === etag) {
      response.writeHead(304, { etag }).end();
      return;
    }
    response.writeHead(200, { etag, 'last-modified': modified, 'content-type': 'text/plain; charset=utf-8' });
    response.end(body);
  };
}

export const slowly =
  (milliseconds: number, handler: Handler): Handler =>
  (request, response) =>
    setTimeout(() => handler(request, response), milliseconds);
