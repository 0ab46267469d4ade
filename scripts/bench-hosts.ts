/**
 * Compares the time of `check` for 50 hosts by ssh and for one, 100 ms away each way: real sshds and real ssh, the built
 * program, and the shortest run counts. What examines a host runs on the host's own processors; here, where all share
 * this machine's, the far side only answers. The goal is a ratio of 2.
 */
import { writeFile } from 'node:fs/promises';
import net, { type AddressInfo } from 'node:net';
import path from 'node:path';
import { execa } from 'execa';
import { bare } from '../test/ssh/bare.ts';
import { lab } from '../test/ssh/sshd.ts';

const root = path.resolve(import.meta.dirname, '..');
const [hosts, awayMs, runs] = [50, 100, 3];

const here = lab();
const bareFile = path.join(here.directory, 'bare');
await writeFile(bareFile, bare);
const { port } = await here.sshd({ config: [`ForceCommand /bin/sh ${bareFile}`] });

/** Passes on what it gets, later. */
function delayed(from: net.Socket, to: net.Socket): void {
  from.on('data', (piece) => setTimeout(() => to.writable && to.write(piece), awayMs));
  from.on('end', () => setTimeout(() => to.end(), awayMs));
  from.on('error', () => to.destroy());
}
const proxy = net.createServer((socket) => {
  const sshd = net.connect(port, '127.0.0.1');
  for (const each of [socket, sshd]) each.setNoDelay(true);
  delayed(socket, sshd);
  delayed(sshd, socket);
});
await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
const { port: far } = proxy.address() as AddressInfo;
here.configure(`Host far-*\n  Port ${far}\n  User root\n  HostKeyAlias known`);

/** @returns seconds. @throws {Error} if a host did not answer */
async function timed(count: number): Promise<number> {
  const names = Array.from({ length: count }, (_, index) => `far-${index}`);
  await writeFile(path.join(here.directory, 'hosts'), names.join('\n'));
  const args = ['--hosts-file', path.join(here.directory, 'hosts'), '--jobs', '50', '--json'];
  const started = performance.now();
  const { stdout } = await execa('node', [path.join(root, 'dist/main.cjs'), 'check', ...args], {
    env: { PATH: here.searchPath },
    reject: false,
  });
  const seconds = (performance.now() - started) / 1000;
  const { hosts: all } = JSON.parse(stdout) as { hosts: { error: { text: string } | null }[] };
  const failed = all.find(({ error }) => error !== null);
  if (failed?.error) throw new Error(failed.error.text);
  return seconds;
}

try {
  const [single, many]: number[][] = [[], []];
  for (let run = 0; run < runs; run += 1) {
    single?.push(await timed(1));
    many?.push(await timed(hosts));
  }
  const [one, all] = [Math.min(...(single ?? [])), Math.min(...(many ?? []))];
  process.stdout.write(
    `check by ssh, ${awayMs} ms each way: 1 host ${one.toFixed(1)} s, ${hosts} hosts ${all.toFixed(1)} s, ratio ${(all / one).toFixed(2)} (goal 2)\n`,
  );
} finally {
  proxy.close();
  here.close();
}
process.exit();
