import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { AFFECTED_MOUNT } from '../cluster/build.ts';
import { program } from '../cluster/prerequisites.ts';
import { cached, sourcesIn } from './cache.ts';
import { KUBERNETES } from './layout.ts';
import type { SystemdNode } from './node.ts';
import { wrapperText } from './units.ts';
import type { Distribution, Flavour, Variant } from './variants.ts';

const here = import.meta.dirname;
const kubernetesModule = join(here, '../cluster/kubernetes');
const VERSION =
  /k8s\.io\/kubernetes v(\S+)/.exec(readFileSync(join(kubernetesModule, 'go.mod'), 'utf8'))?.[1] ?? '';

/** A path of the store, with a made-up hash of the right length. */
const storePath = (hash: string, name: string): string => `/nix/store/${hash.repeat(8)}-${name}`;

const PACKAGES: Record<Distribution, { program: string; path: string }> = {
  k0s: { program: 'k0s', path: storePath('k036', `k0s-${VERSION}+k0s.0`) },
  k3s: { program: 'k3s', path: storePath('k336', `k3s-${VERSION}+k3s1`) },
  rke2: { program: 'rke2', path: storePath('rk36', `rke2-${VERSION}+rke2r1`) },
  kubernetes: { program: 'kubelet', path: storePath('k836', `kubernetes-${VERSION}`) },
};

/** NixOS sets it in every unit. */
export const LOCALE_ARCHIVE = `${storePath('l0ca', 'glibc-locales-2.40-66')}/lib/locale/locale-archive`;

/** Puts both mounts into the node's store, and returns the directories that can stand in a PATH. */
export async function storeMounts(node: SystemdNode): Promise<Record<Flavour, string>> {
  const version = /util-linux (\S+)/.exec(await node.run(['mount', '--version']))?.[1] ?? '';
  const good = `${storePath('g241', `util-linux-${version}-bin`)}/bin`;
  const affected = `${storePath('a241', 'util-linux-2.41-bin')}/bin`;
  await node.copy(join(AFFECTED_MOUNT, 'mount'), `${affected}/mount`);
  await node.run(['install', '-D', '/usr/bin/mount', `${good}/mount`]);
  for (const dir of [good, affected])
    await node.run(['cp', '-p', '/usr/bin/umount', '/usr/bin/unshare', dir]);
  return { good, affected };
}

/**
 * Puts the variant's program into the node's store, or where k0s' installer expects it, and returns its path.
 * @param prefix the directory that a wrapper puts before PATH; without, there is none
 */
export async function storeProgram(node: SystemdNode, variant: Variant, prefix?: string): Promise<string> {
  const { program: name, path } = PACKAGES[variant.distribution];
  const file = variant.form === 'installer' ? `/usr/local/bin/${name}` : `${path}/bin/${name}`;
  const inner = prefix === undefined ? file : `${path}/bin/.${name}-wrapped`;
  if (variant.distribution === 'kubernetes') {
    await node.run(['mkdir', '-p', `${path}/bin`]);
    await node.run(['ln', '-f', `${KUBERNETES}/kubelet`, inner]);
  } else {
    await node.copy(await standIn(variant.distribution), inner);
  }
  // nixpkgs' modules of these two put the package into the system's PATH; k0s-nix does not.
  if (name === 'k3s' || name === 'rke2') await node.run(['ln', '-sf', file, `/usr/local/bin/${name}`]);
  if (name === 'kubelet') await node.run(['ln', '-sf', `${KUBERNETES}/kubectl`, '/usr/local/bin/kubectl']);
  if (prefix === undefined) return file;
  await node.writeFile(file, wrapperText(await storeShell(node), prefix, inner), 0o755);
  return file;
}

/** The shell of wrappers. */
export async function storeShell(node: SystemdNode): Promise<string> {
  const file = `${storePath('b452', 'bash-interactive-5.2p37')}/bin/bash`;
  await node.run(['install', '-D', '/usr/bin/bash', file]);
  return file;
}

/** The program that starts control planes apart from the distribution. */
export async function storeControlPlane(node: SystemdNode): Promise<string> {
  const file = `${KUBERNETES}/control-plane`;
  await node.copy(await supervisor(), file);
  return file;
}

/** Builds the stand-ins that the cache lacks. Cold, this takes minutes: one of them holds kubelet. */
export async function buildStandIns(): Promise<void> {
  await supervisor();
  await k3s();
}

async function standIn(distribution: 'k0s' | 'k3s' | 'rke2'): Promise<string> {
  return distribution === 'k3s' ? await k3s() : await supervisor();
}

async function supervisor(): Promise<string> {
  const source = join(here, 'supervisor');
  const dir = await cached(
    'supervisor',
    sourcesIn(source),
    (into) => goBuild(source, join(into, 'supervisor')),
    console.error,
  );
  return join(dir, 'supervisor');
}

/** It holds kubelet. With the versions of the cluster's Kubernetes, most of its packages are compiled already. */
async function k3s(): Promise<string> {
  const source = join(here, 'k3s');
  const madeFrom = [...sourcesIn(source), ...sourcesIn(kubernetesModule)];
  const flags = [`-modfile=${join(kubernetesModule, 'go.mod')}`, '-p=2'];
  const stamp = `-X k8s.io/component-base/version.gitVersion=v${VERSION}`;
  const dir = await cached(
    'k3s',
    madeFrom,
    (into) => goBuild(source, join(into, 'k3s'), flags, stamp),
    console.error,
  );
  return join(dir, 'k3s');
}

async function goBuild(source: string, to: string, flags: readonly string[] = [], stamp = ''): Promise<void> {
  await execa(program('go'), ['build', ...flags, '-trimpath', '-ldflags', `-s -w ${stamp}`, '-o', to, '.'], {
    cwd: source,
    env: { CGO_ENABLED: '0' },
  });
}
