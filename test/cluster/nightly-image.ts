import { chmod, copyFile, cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { KUBERNETES_BIN } from './build.ts';
import { busyboxRootfs, writeImage } from './image.ts';
import { program } from './prerequisites.ts';

const root = join(import.meta.dirname, '../..');

/** Named as examples/nightly/kustomization.yaml does. */
const NIGHTLY_IMAGE = 'localhost/subpathfix:0.1.0';

/**
 * Makes the image of examples/nightly/Containerfile, whose base images no registry here has: its COPY, USER and
 * ENTRYPOINT are followed, and in place of the bases there are this machine's Node with its libraries, busybox, and
 * the kubectl of the test cluster.
 * Returns an archive in a directory that is the caller's to remove. Throws for an instruction that it does not know.
 */
export async function nightlyImage(): Promise<{ archive: string; dir: string }> {
  const dir = await mkdtemp(join(tmpdir(), 'subpathfix-nightly-'));
  const rootfs = join(dir, 'rootfs');
  await mkdir(rootfs);
  await busyboxRootfs(program('/bin/busybox'), rootfs);
  await copyNode(rootfs);

  const image: { user?: string; entrypoint?: string[] } = {};
  for (const [word = '', ...rest] of await instructions()) {
    if (word === 'USER') image.user = rest[0] ?? '';
    else if (word === 'ENTRYPOINT') image.entrypoint = JSON.parse(rest.join(' ')) as string[];
    else if (word === 'COPY') await copy(rest, rootfs);
    else if (word !== 'FROM') throw new Error(`Containerfile: ${word} is not known here`);
  }
  const archive = join(dir, 'nightly.tar');
  const path = '/usr/local/bin:/usr/bin:/bin';
  await writeImage(archive, { reference: NIGHTLY_IMAGE, path, ...image }, rootfs);
  await rm(rootfs, { recursive: true });
  return { archive, dir };
}

async function instructions(): Promise<string[][]> {
  const text = await readFile(join(root, 'examples/nightly/Containerfile'), 'utf8');
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return lines.map((line) => line.split(/\s+/));
}

async function copy(words: string[], rootfs: string): Promise<void> {
  const [from = '', to = ''] = words.filter((word) => !word.startsWith('--'));
  const source = words.includes('--from=kubectl')
    ? join(KUBERNETES_BIN, from.slice('/bin/'.length))
    : join(root, from);
  const target = join(rootfs, to);
  await cp(source, target, { recursive: true });
  const mode = words.find((word) => word.startsWith('--chmod='))?.slice('--chmod='.length);
  if (mode !== undefined) await chmod(target, Number.parseInt(mode, 8));
}

/** This process' own program, and what ldd says that it needs, where it looks for it. */
async function copyNode(rootfs: string): Promise<void> {
  const { stdout } = await execa(program('ldd'), [process.execPath]);
  const libraries = [...stdout.matchAll(/(\/\S+) \(0x/g)].map(([, file = '']) => file);
  for (const file of libraries) await into(rootfs, file, file);
  await into(rootfs, process.execPath, '/usr/bin/node');
}

async function into(rootfs: string, from: string, to: string): Promise<void> {
  const target = join(rootfs, to);
  await mkdir(dirname(target), { recursive: true });
  await copyFile(from, target);
}
