import { readFileSync } from 'node:fs';
import { mkdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { cached, digest } from './cached.ts';
import { binOf, goPrograms } from './go-programs.ts';
import { BUSYBOX_IMAGE, busyboxRootfs, PAUSE_IMAGE, writeImage } from './image.ts';
import { CACHE } from './layout.ts';
import { program } from './prerequisites.ts';
import { CONTAINERD, KUBERNETES, KWOK, NODE_PROBLEM_DETECTOR } from './releases.ts';

const here = import.meta.dirname;

const source = {
  affectedMount: join(here, '../stand-in/affected-mount.c'),
  pause: join(here, 'images/pause.c'),
};

/** Holds kubelet, kube-apiserver, kube-controller-manager, kube-scheduler and kubectl, once built. */
export const KUBERNETES_BIN = binOf(KUBERNETES['1.32']);

const MOUNTS = join(CACHE, `mounts-${digest(readFileSync(source.affectedMount))}`);
/** A directory with the system's own mount and umount. */
export const GOOD_MOUNT = join(MOUNTS, 'good');
/** A directory with a mount that behaves as util-linux 2.41's does for a subPath, and the system's umount. */
export const AFFECTED_MOUNT = join(MOUNTS, 'affected');

/**
 * Builds what the cluster needs and the cache lacks, and returns the image archives to import. Cold, this
 * takes minutes (Kubernetes is compiled); warm, no time.
 * Throws where a program is missing or a compiler fails, with its last lines.
 */
export async function build(report: (line: string) => void = () => {}): Promise<string[]> {
  await goPrograms(KUBERNETES['1.32'], report);
  await cached(MOUNTS, buildMounts, report);
  const images = join(CACHE, `images-${imagesDigest()}`);
  await cached(images, buildImages, report);
  return [join(images, 'pause.tar'), join(images, 'busybox.tar')];
}

/** Builds all that the tests compile, where the cache lacks it. Cold, this takes a quarter of an hour. */
export async function buildAll(report: (line: string) => void): Promise<void> {
  await build(report);
  for (const each of [KUBERNETES['1.36'], CONTAINERD['2'], KWOK, NODE_PROBLEM_DETECTOR])
    await goPrograms(each, report);
}

async function buildMounts(dir: string): Promise<void> {
  const [good, affected] = [join(dir, 'good'), join(dir, 'affected')];
  for (const each of [good, affected]) {
    await mkdir(each);
    await symlink(program('umount'), join(each, 'umount'));
  }
  await symlink(program('mount'), join(good, 'mount'));
  await compile(source.affectedMount, join(affected, 'mount'), [`-DSYSTEM_MOUNT="${program('mount')}"`]);
}

async function buildImages(dir: string): Promise<void> {
  const rootfs = join(dir, 'rootfs');
  await mkdir(rootfs);
  await compile(source.pause, join(rootfs, 'pause'));
  await writeImage(
    join(dir, 'pause.tar'),
    { reference: PAUSE_IMAGE, user: '65535:65535', entrypoint: ['/pause'] },
    rootfs,
  );
  await rm(rootfs, { recursive: true });

  await busyboxRootfs(program('/bin/busybox'), rootfs);
  await writeImage(join(dir, 'busybox.tar'), { reference: BUSYBOX_IMAGE, command: ['sh'] }, rootfs);
  await rm(rootfs, { recursive: true });
}

/** Static: the affected mount and an image's program must not depend on where they run. */
async function compile(from: string, to: string, flags: readonly string[] = []): Promise<void> {
  await execa(program('gcc'), ['-O2', '-Wall', '-static', ...flags, '-o', to, from]);
}

function imagesDigest(): string {
  return digest(
    readFileSync(source.pause),
    readFileSync(join(here, 'image.ts')),
    readFileSync(program('/bin/busybox')),
  );
}
