/** What a sweep found or did, in one line. */
import { isSwept, type Swept } from '../../verdict/leftovers.ts';

export function headline(sweep: Swept & { mounts: readonly unknown[] }): string {
  const { mounts, directories, applied, dryRun, malformedLines, abandoned, mountTable } = sweep;
  const links = `${mounts.length} ${mounts.length === 1 ? 'mount' : 'mounts'}`;
  if (mounts.length === 0) {
    if (abandoned.length > 0) return 'nothing found, except what a killed sweep left';
    if (malformedLines > 0) return 'nothing found, but part of the mount table could not be read';
    const certain = mountTable === 'own';
    return certain
      ? 'nothing left behind by the defect'
      : "nothing found, but kubelet's mounts may be others";
  }
  const where = `in ${directories.length} container ${directories.length === 1 ? 'directory' : 'directories'}`;
  if (!applied || dryRun) return `${links} left behind by the defect, ${where}`;
  const swept = directories.filter(isSwept).length;
  if (swept === directories.length) return `${links} removed, ${where}`;
  const all = `${swept} of ${directories.length} container directories swept`;
  return directories.some(({ outcome }) => outcome?.state === 'interrupted')
    ? `interrupted: ${all}, ${directories.length - swept} remain`
    : `${all}; the others still hold mounts of the defect`;
}
