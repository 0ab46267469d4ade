/** The ordinary troubles of a machine that can hit any step: they are no defect of this program. */
import { exitCodes, UserError } from './errors.ts';

/** What has run out or failed, whatever was being done; and what to do about it. */
const exhausted: Record<string, string> = {
  EMFILE: 'too many open files; raise the limit (ulimit -n 1024) and try again',
  ENFILE: 'the machine has too many open files; try again when fewer programs run',
  ENOSPC: 'no space left on device; free some and try again',
  EDQUOT: 'your quota of disk space is used up; free some and try again',
  ENOMEM: 'the machine is out of memory; free some and try again',
  EAGAIN: 'the machine allows no more processes; raise the limit (ulimit -u) or try again later',
  EIO: 'a disk or its file system failed (input/output error); see the kernel log (dmesg)',
};

const others: Record<string, string> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied; run as root',
  EPERM: 'operation not permitted; run as root',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a part of the path is not a directory',
};

interface SystemError extends Error {
  code: string;
  syscall: string;
  path?: string;
}

/** An error of the system, by whatever it was wrapped in. */
function systemError(error: unknown): SystemError | null {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    const { code, syscall } = at as Partial<SystemError>;
    if (typeof code === 'string' && typeof syscall === 'string') return at as SystemError;
  }
  return null;
}

/**
 * The trouble in a sentence with a way out.
 * @param damage describes damage to the program's own files, if that caused an error; else null
 * @returns the error unchanged if it is none of the machine's
 */
export function withTrouble(error: unknown, damage: (error: unknown) => string | null): unknown {
  if (error instanceof UserError) return error;
  const found = systemError(error);
  // A part of the program that cannot be opened for want of descriptors is not damaged.
  const cause = found && exhausted[found.code];
  if (found && cause) return new UserError(`${subject(found)}: ${cause}`, exitCodes.undetermined);
  if (found?.syscall === 'uv_cwd')
    return new UserError('the current directory no longer exists; change to another one, such as with cd /');
  const damaged = damage(error);
  if (damaged !== null) return new UserError(damaged);
  if (!found) return error;
  const reason = others[found.code] ?? `${found.syscall}: ${found.code}`;
  return new UserError(`${subject(found)}: ${reason}`, exitCodes.undetermined);
}

const subject = ({ path, syscall }: SystemError): string => path ?? syscall;
