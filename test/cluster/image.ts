import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

export interface Image {
  /** The full reference by which a pod names it. */
  reference: string;
  /** The user it runs as, as in a Dockerfile's USER. */
  user?: string;
  entrypoint?: readonly string[];
  /** What runs where the pod gives no args, as a Dockerfile's CMD. */
  command?: readonly string[];
  /** Where its programs are; /bin where not given. */
  path?: string;
}

/** Also the sandbox image of every pod. Its user is that of the original: it may run as non-root. */
export const PAUSE_IMAGE = 'registry.k8s.io/pause:3.10';
/** Has a shell and the usual applets. */
export const BUSYBOX_IMAGE = 'docker.io/library/busybox:1.36';

interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
}

/**
 * Writes an OCI image archive of one uncompressed layer, which `ctr images import` reads.
 * The format: https://github.com/opencontainers/image-spec, image-layout.md, manifest.md, config.md.
 * Throws where tar fails or a file cannot be written.
 */
export async function writeImage(archive: string, image: Image, rootfs: string): Promise<void> {
  const layout = `${archive}.layout`;
  await mkdir(join(layout, 'blobs/sha256'), { recursive: true });

  const layer = join(layout, 'layer.tar');
  await execa('tar', [
    '--create',
    '--file',
    layer,
    '--directory',
    rootfs,
    '--sort=name',
    '--mtime=@0',
    '--numeric-owner',
    '--owner=0',
    '--group=0',
    '.',
  ]);
  const layerBlob = await readFile(layer);
  await rm(layer);
  const layerDescriptor = await writeBlob(layout, 'application/vnd.oci.image.layer.v1.tar', layerBlob);

  const configDescriptor = await writeBlob(layout, 'application/vnd.oci.image.config.v1+json', {
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    config: {
      Env: [`PATH=${image.path ?? '/bin'}`],
      Entrypoint: image.entrypoint,
      Cmd: image.command,
      User: image.user,
    },
    rootfs: { type: 'layers', diff_ids: [layerDescriptor.digest] },
  });
  const manifestDescriptor = await writeBlob(layout, 'application/vnd.oci.image.manifest.v1+json', {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: configDescriptor,
    layers: [layerDescriptor],
  });
  await writeFile(join(layout, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  await writeFile(
    join(layout, 'index.json'),
    JSON.stringify({
      schemaVersion: 2,
      // containerd takes the image's full name from this annotation
      manifests: [{ ...manifestDescriptor, annotations: { 'io.containerd.image.name': image.reference } }],
    }),
  );
  await execa('tar', ['--create', '--file', archive, '--directory', layout, '.']);
  await rm(layout, { recursive: true });
}

/** Copies a static busybox and links each of its applets to it. Throws where it is not static. */
export async function busyboxRootfs(busybox: string, rootfs: string): Promise<void> {
  // A dynamic program names its interpreter, which the image does not have.
  if ((await readFile(busybox)).includes('/ld-linux')) {
    throw new Error(`${busybox} is not statically linked: install busybox-static`);
  }
  const bin = join(rootfs, 'bin');
  await mkdir(bin, { recursive: true });
  await copyFile(busybox, join(bin, 'busybox'));
  const { stdout: applets } = await execa(busybox, ['--list']);
  for (const applet of applets.split('\n')) {
    if (applet !== 'busybox') await symlink('busybox', join(bin, applet));
  }
  await mkdir(join(rootfs, 'etc'));
  await writeFile(join(rootfs, 'etc/passwd'), 'root:x:0:0:root:/:/bin/sh\n');
  await mkdir(join(rootfs, 'tmp'));
  await chmod(join(rootfs, 'tmp'), 0o1777);
}

async function writeBlob(layout: string, mediaType: string, content: Buffer | object): Promise<Descriptor> {
  const bytes = Buffer.isBuffer(content) ? content : Buffer.from(JSON.stringify(content));
  const hash = createHash('sha256').update(bytes).digest('hex');
  await writeFile(join(layout, 'blobs/sha256', hash), bytes);
  return { mediaType, digest: `sha256:${hash}`, size: bytes.length };
}
