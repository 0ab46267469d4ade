/** The image that only waits, by its name. */

/** The last component of a repository: registries and their mirrors put it under different names. */
const pauseName = /^(?:mirrored-)?pause(?:-[a-z0-9]+)?$/;
const digest = /@sha256:[0-9a-f]{64}$/;

/** Whether an image is named by its digest, and not by a tag. */
export const hasDigest = (name: string): boolean => digest.test(name);

/** The version of a pause image, for sorting; null for another image. `latest` is the lowest. */
export function pauseVersion(name: string): number[] | null {
  const plain = name.replace(digest, '');
  const [last = ''] = plain.split('/').slice(-1);
  const [repository = '', tag = ''] = last.split(':');
  return pauseName.test(repository) ? (tag.match(/\d+/g) ?? []).map(Number) : null;
}
