import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { advisory } from '../../../src/advisory/index.ts';
import { known } from '../../../src/facts/fact.ts';
import { noFacts } from '../../../src/facts/facts.ts';
import { readSystem } from '../../../src/facts/node/os.ts';
import { packageOf } from '../../../src/facts/node/packages.ts';
import { type Host, ReadError } from '../../../src/host/host.ts';
import { localHost } from '../../../src/host/local.ts';
import { rooted } from '../../../src/host/rooted.ts';
import { judge } from '../../../src/verdict/judge.ts';
import type { State } from '../../../src/verdict/states.ts';
import { fakeHost } from '../../helpers/fake-host.ts';
import { ndb, rpmHeader } from '../../helpers/ndb.ts';
import { root, scratchDirectory } from '../../helpers/tools.ts';

const database = (name: string): Buffer =>
  gunzipSync(readFileSync(path.join(root, 'test/fixtures/rpm', `${name}.sqlite.gz`)));
const headers = (name: string, version: string, release: string): Buffer =>
  rpmHeader({ 1000: name, 1001: version, 1002: release });

const dpkg = (version: string, status = 'install ok installed'): Files => ({
  'var/lib/dpkg/status': `Package: libc6\nStatus: install ok installed\nVersion: 2.41-12\n\nPackage: libmount1\nStatus: ${status}\nArchitecture: amd64\nSource: util-linux\nVersion: ${version}\n\n`,
});
const apk = (version: string, seconds: number): Files => ({
  'lib/apk/db/installed': `C:Q1\nP:musl\nV:1.2\nt:1\n\nC:Q1\nP:libmount\nV:${version}\nA:x86_64\nt:${seconds}\n\n`,
});
const pacman = (version: string): Files => ({
  [`var/lib/pacman/local/util-linux-libs-${version}/desc`]: '%NAME%\nutil-linux-libs\n',
});
const rpm = (file: string, content: Buffer): Files => ({ [file]: content });
const sqlite = 'usr/lib/sysimage/rpm/rpmdb.sqlite';
const ndbFile = 'usr/lib/sysimage/rpm/Packages.db';

type Files = Record<string, string | Buffer>;
const on = (id: string, files: Files, more = ''): Files => ({
  'etc/os-release': `ID=${id}\nNAME=${id}\n${more}`,
  ...files,
});

let scratch: string;
beforeAll(async () => {
  scratch = await scratchDirectory();
});

let count = 0;
async function verdictOf(files: Files) {
  count += 1;
  const directory = path.join(scratch, String(count));
  for (const [file, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(directory, file)), { recursive: true });
    await writeFile(path.join(directory, file), content);
  }
  const { channel, packaged } = await readSystem(await rooted(localHost(), directory));
  const utilLinux = packaged.known ? known(packaged.value.version, packaged.evidence) : packaged;
  return judge({ ...noFacts(), channel, packaged, utilLinux }, advisory);
}

const A = 'affected';
const F = 'fixed';
const N = 'not-affected';
const U = 'undetermined';
const microos = database('microos');
const day = (text: string): number => Date.parse(text) / 1000;

describe('the package of a system', () => {
  it.each<[what: string, files: Files, state: State, because: RegExp]>([
    ['Debian 13', on('debian', dpkg('2.41-5')), F, /Debian's util-linux 2\.41-5 has the fix.*1102499/],
    ['Debian, before', on('debian', dpkg('2.41-3')), A, /Debian's util-linux 2\.41-3 has the defect/],
    ['Debian, a candidate', on('debian', dpkg('2.41~rc2-1')), A, /2\.41~rc2-1 has the defect/],
    ['Debian, rebuilt', on('debian', dpkg('2.41-4+b1')), F, /2\.41-4\+b1 has the fix/],
    ['Debian, an update', on('debian', dpkg('2.41.5-0+deb13u1')), F, /2\.41\.5 has the fix/],
    ['Debian 12', on('debian', dpkg('2.38.1-5+deb12u3')), N, /2\.38\.1 is older/],
    ['Debian, removed', on('debian', dpkg('2.41-5', 'deinstall ok config-files')), U, /no libmount package/],
    ['Debian, unreadable', on('debian', dpkg('banana')), U, /banana is not a version/],
    [
      'Ubuntu 25.10',
      on('ubuntu', dpkg('2.41-4ubuntu4.2')),
      F,
      /Ubuntu's util-linux 2\.41-4ubuntu4\.2 has the fix/,
    ],
    ['Ubuntu, before', on('ubuntu', dpkg('2.41-2ubuntu1')), U, /whether ubuntu has patched its util-linux/],
    [
      'another that has dpkg',
      on('mint', dpkg('2.41-5')),
      U,
      /whether mint has patched its util-linux 2\.41-5/,
    ],
    ['Arch', on('arch', pacman('2.41-3')), A, /Arch Linux's util-linux 2\.41-3 has the defect/],
    ['Arch, 2.41-4', on('arch', pacman('2.41-4')), U, /whether arch has patched/],
    ['Arch, fixed', on('arch', pacman('2.41.1-1')), F, /2\.41\.1 has the fix/],
    ['MicroOS, hit', on('opensuse-microos', rpm(sqlite, microos), 'VERSION_ID="20250607"\n'), A, /20250607/],
    [
      'MicroOS, later',
      on('opensuse-microos', rpm(sqlite, microos), 'VERSION_ID="20250616"\n'),
      F,
      /since 20250616/,
    ],
    [
      'MicroOS, earlier',
      on('opensuse-microos', rpm(sqlite, microos), 'VERSION_ID="20250601"\n'),
      U,
      /2\.41-1\.1/,
    ],
    [
      'openSUSE with ndb',
      on(
        'opensuse-microos',
        rpm(ndbFile, ndb([headers('bash', '5', '1'), null, headers('libmount1', '2.41', '1.1')])),
        'VERSION_ID=20251101\n',
      ),
      F,
      /2\.41-1\.1 has the fix/,
    ],
    [
      'openSUSE, fixed',
      on('opensuse-leap', rpm(ndbFile, ndb([headers('libmount1', '2.41.2', '1.1')]))),
      F,
      /2\.41\.2/,
    ],
    [
      'Fedora',
      on('fedora', rpm(sqlite, database('fedora'))),
      U,
      /whether fedora has patched its util-linux 2\.41-1\.fc42/,
    ],
    [
      'Fedora, its former place',
      on('fedora', rpm('var/lib/rpm/rpmdb.sqlite', database('fedora'))),
      U,
      /2\.41-1\.fc42/,
    ],
    [
      'rpm, cut off',
      on('fedora', rpm(sqlite, microos.subarray(0, 20_000))),
      U,
      /rpmdb\.sqlite is not understood/,
    ],
    [
      'rpm, another format',
      on('centos', rpm(ndbFile, Buffer.from('nothing of the kind'))),
      U,
      /is not understood/,
    ],
    [
      'rpm, in a transaction',
      on('fedora', { ...rpm(sqlite, microos), [`${sqlite}-wal`]: 'x' }),
      U,
      /is being written/,
    ],
    [
      'Wolfi, before',
      on('wolfi', apk('2.41-r0', day('2025-03-25'))),
      A,
      /Wolfi's util-linux 2\.41-r0 has the defect/,
    ],
    ['Wolfi, on the day', on('wolfi', apk('2.41-r1', day('2025-04-01'))), U, /whether wolfi has patched/],
    [
      'Wolfi, after',
      on('wolfi', apk('2.41-r2', day('2025-04-09'))),
      F,
      /Wolfi's util-linux 2\.41-r2 has the fix/,
    ],
    ['Alpine', on('alpine', apk('2.41-r9', day('2025-06-01'))), U, /whether alpine has patched/],
    ['nothing', on('gentoo', {}), U, /no libmount package in the database of dpkg, rpm, pacman or apk/],
  ])('%s', async (_, files, state, because) => {
    expect(await verdictOf(files)).toMatchObject({ state, because: expect.stringMatching(because) });
  });

  it.each<[what: string, id: string, files: Files]>([
    ['dpkg', 'debian', dpkg('2.41-3')],
    ['apk', 'wolfi', apk('2.41-r0', day('2025-03-25'))],
  ])('a database of %s that is cut off anywhere never makes it good', async (_, id, files) => {
    const [[file, content] = ['', '']] = Object.entries(files);
    const states = new Set<State>();
    for (let length = 0; length <= content.length; length += 1) {
      const { state } = await verdictOf(on(id, { [file]: content.slice(0, length) }));
      states.add(state);
    }
    expect([...states].sort()).toEqual([A, U]);
  });

  it('says who else could know', async () => {
    const { toConfirm } = await verdictOf(on('fedora', rpm(sqlite, database('fedora'))));
    expect(toConfirm.map(({ code }) => code)).toEqual(['test-mount', 'read-changelog']);
    expect(toConfirm[1]).toMatchObject({ command: 'rpm -q --changelog libmount' });
  });
});

it.each<[program: string | null, counts: boolean]>([
  ['/usr/bin/mount', true],
  ['/bin/mount', true],
  ['/usr/sbin/mount', true],
  [null, true],
  ['/usr/local/bin/mount', false],
  ['/var/lib/rancher/k3s/data/current/bin/aux/mount', false],
  ['/nix/store/x-util-linux-2.41-mount/bin/mount', false],
])("the package counts for kubelet's mount %s: %s", (program, counts) => {
  const version = { semver: '2.41.0', release: '2.41', text: '2.41-5' };
  const value = { version, system: 'debian', name: 'Debian', snapshot: null, built: null };
  expect(packageOf(known(value, 'dpkg'), program).known).toBe(counts);
});

describe('a NixOS that says what it was built from', () => {
  const build = (id: string, release = '25.05'): string => `VERSION_ID="${release}"\nBUILD_ID="${id}"\n`;
  it.each<[what: string, files: Files, state: State]>([
    ['before the fix', on('nixos', {}, build('25.05.20250522.55d1f92')), A],
    ['of a channel', on('nixos', {}, build('25.05.804391.b1b2c3d4e5f6')), U],
    ['unstable in June', on('nixos', {}, build('25.11.20250601.b1b2c3d', '25.11')), U],
    ['25.11 and no more', on('nixos', {}, 'VERSION_ID="25.11"\n'), U],
    ['26.05 and no more', on('nixos', {}, 'VERSION_ID="26.05"\n'), F],
    ['24.11 and no more', on('nixos', {}, 'VERSION_ID="24.11"\n'), N],
    ['dirty, in June', on('nixos', {}, build('25.11.20250601.dirty', '25.11')), U],
    ['25.11', on('nixos', {}, build('25.11.20251203.b1b2c3d', '25.11')), F],
    [
      'that follows another channel since',
      on(
        'nixos',
        { 'root/.nix-channels': 'https://nixos.org/channels/nixos-25.11 nixos\n' },
        build('25.05.20250522.55d1f92'),
      ),
      A,
    ],
    [
      'and nothing else',
      on('nixos', { 'root/.nix-channels': 'https://nixos.org/channels/nixos-25.11 nixos\n' }),
      F,
    ],
  ])('%s', async (_, files, state) => {
    expect(await verdictOf(files)).toMatchObject({ state });
  });
});

it.each(['EIO', 'EACCES', 'EFBIG'])(
  'a database that cannot be read (%s) is no answer, and no end',
  async (code) => {
    const host = fakeHost({ files: { '/etc/os-release': 'ID=debian\n' } });
    const file = '/var/lib/dpkg/status';
    const readText: Host['readText'] = async (path, limit) => {
      if (path === file) throw new ReadError(`${path}: ${code}`, code);
      return host.readText(path, limit);
    };
    const { packaged } = await readSystem({ ...host, readText });
    expect(packaged).toMatchObject({ known: false, unreadable: true, reason: { code: 'no-access' } });
  },
);
