/** Real sshds on loopback, and an ssh whose configuration is the test's: what ~/.ssh has is neither read nor changed. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Only root can write there: a program in it is trusted. */
const place = '/run';

export interface Lab {
  directory: string;
  /** has an ssh that reads the configuration of the test first */
  searchPath: string;
  /** appends to ssh_config */
  configure(text: string): void;
  sshd(options?: SshdOptions): Promise<Sshd>;
  close(): void;
}

interface SshdOptions {
  /** lines of sshd_config */
  config?: readonly string[];
  /** names in ssh_config that lead to it */
  aliases?: readonly string[];
  user?: string;
  /** false: its key is not in known_hosts */
  isKnown?: boolean;
  /** another port that leads to it */
  port?: number;
}

export interface Sshd {
  port: number;
  /** what it has logged */
  log(): string;
}

export function lab(): Lab {
  const directory = mkdtempSync(path.join(place, 'subpathfix-ssh-test-'));
  chmodSync(directory, 0o755);
  const at = (name: string): string => path.join(directory, name);
  const children: ChildProcess[] = [];
  mkdirSync(at('bin'));
  writeFileSync(at('bin/ssh'), `#!/bin/sh\nexec /usr/bin/ssh -F ${at('ssh_config')} "$@"\n`);
  chmodSync(at('bin/ssh'), 0o755);
  const key = (name: string): void =>
    void execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at(name)]);
  for (const name of ['user', 'host', 'other']) key(name);
  mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const config = [
    `IdentityFile ${at('user')}\nIdentitiesOnly yes\nUserKnownHostsFile ${at('known_hosts')}`,
    'GlobalKnownHostsFile /dev/null\nStrictHostKeyChecking ask\nKexAlgorithms curve25519-sha256\nHostName 127.0.0.1\nConnectTimeout 30\n',
  ].join('\n');
  const hosts: string[] = [];
  const write = (): void => writeFileSync(at('ssh_config'), `${hosts.join('\n')}\nHost *\n${config}`);
  writeFileSync(at('known_hosts'), '');
  write();
  return {
    directory,
    searchPath: `${at('bin')}:${process.env['PATH']}`,
    configure(text) {
      hosts.push(text);
      write();
    },
    async sshd({ config: more = [], aliases = [], user = 'root', isKnown = true, port: through } = {}) {
      const port = await freePort();
      const file = at(`sshd_config_${port}`);
      const lines = [
        ...more,
        `Port ${port}`,
        'ListenAddress 127.0.0.1',
        `HostKey ${at('host')}`,
        `AuthorizedKeysFile ${at('user.pub')}`,
        'StrictModes no\nUsePAM no\nPidFile none\nPasswordAuthentication no\nKbdInteractiveAuthentication no',
        'PermitRootLogin prohibit-password\nMaxStartups 1000:30:1000\nLogLevel VERBOSE\nPrintMotd no',
      ];
      writeFileSync(file, `${lines.join('\n')}\n`);
      // In namespaces of its own: what runs there is what the test started, and ends with it.
      const apart = ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
      // What root's own shell begins with, on the machine of a developer, is not the test's business.
      const script =
        '[ ! -e /root/.bashrc ] || mount --bind /dev/null /root/.bashrc; exec /usr/sbin/sshd -D -e -f "$0"';
      const child = spawn('unshare', [...apart, 'sh', '-c', script, file], {
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      children.push(child);
      let log = '';
      child.stderr?.on('data', (piece: Buffer) => {
        log += piece.toString();
      });
      for (let count = 0; !log.includes('listening') && count < 200; count += 1) await sleep(20);
      const used = through ?? port;
      for (const alias of aliases)
        hosts.push(
          `Host ${alias}\n  Port ${used}\n  User ${user}\n  HostKeyAlias ${isKnown ? 'known' : alias}`,
        );
      const hostKey = readFileSync(at('host.pub'), 'utf8').split(' ').slice(0, 2).join(' ');
      writeFileSync(at('known_hosts'), `known ${hostKey}\n`);
      write();
      return { port, log: () => log };
    },
    close() {
      for (const child of children) child.kill('SIGKILL');
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
