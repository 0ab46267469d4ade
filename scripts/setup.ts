/**
 * Installs missing programs that the tests need, as root on Debian; otherwise lists them. Releases of Node.js go into
 * the cache. Changes nothing else.
 */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { execa } from 'execa';
import {
  missing,
  NODE_PREREQUISITES,
  PREREQUISITES,
  type Prerequisite,
} from '../test/cluster/prerequisites.ts';
import { hasNode, nodePackage, nodePrefix, nodeVersions } from '../test/helpers/nodes.ts';

const alsoNeeded: readonly Prerequisite[] = [
  { program: 'nix-instantiate', package: 'nix-bin' },
  { program: 'bash', package: 'bash' },
  { program: 'shellcheck', package: 'shellcheck' },
  { program: 'script', package: 'bsdutils' },
  { program: 'zstd', package: 'zstd' },
  // with fonts, by fontconfig-config, which it depends on
  { program: 'chromium', package: 'chromium' },
  { program: 'sshd', package: 'openssh-server' },
  { program: 'ssh', package: 'openssh-client' },
  { program: 'sudo', package: 'sudo' },
  { program: 'zsh', package: 'zsh' },
  { program: 'fish', package: 'fish' },
  { program: 'man', package: 'man-db' },
  { program: 'groff', package: 'groff-base' },
  { program: 'mandoc', package: 'mandoc' },
  { program: 'python3', package: 'python3' },
];
const needed = [...PREREQUISITES, ...NODE_PREREQUISITES, ...alsoNeeded];

const say = (line: string): boolean => process.stdout.write(`setup: ${line}\n`);

const absent = missing(needed);
const packages = [...new Set(absent.flatMap((each) => each.package ?? []))];
const byHand = absent.filter((each) => each.package === undefined).map((each) => each.program);

if (absent.length === 0) say('nothing is missing');
else say(`missing: ${absent.map((each) => each.program).join(', ')}`);

if (packages.length > 0) {
  const canInstall = existsSync('/etc/debian_version') && process.getuid?.() === 0;
  if (canInstall) {
    say(`installing from Debian: ${packages.join(', ')}`);
    const options = { stdio: 'inherit', env: { DEBIAN_FRONTEND: 'noninteractive' } } as const;
    await execa('apt-get', ['update', '--quiet'], options);
    await execa('apt-get', ['install', '--quiet', '--yes', '--no-install-recommends', ...packages], options);
  } else {
    say(`install these (their Debian names), or run setup as root on Debian: ${packages.join(', ')}`);
  }
}
if (byHand.length > 0) say(`install by hand: ${byHand.join(', ')} (go 1.26.6 or newer, from go.dev)`);

for (const version of nodeVersions.filter((each) => !hasNode(each))) {
  say(`installing ${nodePackage(version)} from npm into ${nodePrefix(version)}`);
  await mkdir(nodePrefix(version), { recursive: true });
  const options = ['--no-save', '--no-package-lock', '--ignore-scripts', '--prefix', nodePrefix(version)];
  await execa('npm', ['install', ...options, nodePackage(version)], { stdio: 'inherit' });
}

const still = missing(needed);
if (still.length > 0) {
  say(`still missing: ${still.map((each) => each.program).join(', ')}`);
  process.exitCode = 1;
}
