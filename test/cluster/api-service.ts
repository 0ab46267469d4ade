import { connect, createServer, type Server } from 'node:net';
import { network, ports } from './layout.ts';
import { addAddress } from './traces.ts';

/**
 * What kube-proxy does for the Service kubernetes, for as long as this process lives: pods reach the API server by
 * its usual address, which its certificate names. The address is on lo, where no other machine reaches it; the
 * clean-up of the cluster removes it.
 * Throws where the port cannot be had.
 */
export async function serveApiToPods(): Promise<Server> {
  addAddress(network.apiService);
  const server = createServer((pod) => {
    const api = connect(ports.apiServer, '127.0.0.1');
    for (const [from, to] of [
      [pod, api],
      [api, pod],
    ] as const) {
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
      from.pipe(to);
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(443, network.apiService, resolve);
  });
  server.unref();
  return server;
}
