/** Why a host could not be reached, in words for a person, from what ssh and sudo say (OpenSSH 7.4 to 10). */
import { exitCodes, type HostErrorCode, UserError } from '../../errors.ts';
import { clip } from '../../text/clip.ts';

/** A host that gave no usable answer; the message says what happened, and what to do. */
export class HostError extends UserError {
  constructor(
    readonly code: HostErrorCode,
    message: string,
  ) {
    super(message, exitCodes.undetermined);
  }
}

const known: [RegExp, HostErrorCode, text: string][] = [
  [
    /REMOTE HOST IDENTIFICATION HAS CHANGED/,
    'changed-key',
    'its host key is another than known_hosts has: find out why before you connect; if it was installed anew, ssh-keygen -R HOST, then ssh HOST once',
  ],
  [
    /Host key verification failed|host key is known for/,
    'unknown-key',
    'its host key is not in known_hosts: connect once with ssh HOST and compare the fingerprint, or add the key',
  ],
  [
    /Permission denied|Too many authentication failures|No supported authentication methods/,
    'refused',
    'it refused the login, or ssh would ask for a password: give the right user (USER@HOST), and a key that it knows (ssh-copy-id HOST; ssh-add for one with a passphrase)',
  ],
  [
    /^sudo: .*(?:password|terminal|tty|askpass|authenticat)|^sudo-rs: .*(?:[Pp]assword|authenticat|interactive)/m,
    'sudo',
    'the login is not root, and sudo asks for a password: log in as root, or allow that user sudo without one (NOPASSWD)',
  ],
  [
    /sudo: .*(?:not found|not in the sudoers|not allowed|may not run)|is not in the sudoers/,
    'sudo',
    'the login is not root, and may not use sudo: log in as root, or allow that user sudo without a password (NOPASSWD)',
  ],
  [/Could not resolve hostname/, 'no-name', 'its name is not known; check it, and HostName in ssh_config'],
  [/Connection refused/, 'no-route', 'nothing answers on its ssh port; check the address, the port and sshd'],
  [
    /No route to host|Network is unreachable|Host is down/,
    'no-route',
    'it cannot be reached; check the network',
  ],
  [
    /[Tt]imed out|Timeout, server/,
    'no-answer',
    'there was no answer in time; check the address and the network',
  ],
  [
    /^(?:exec )?(?:\S+: )?(?:\d+: )?(?:exec: )?(?:sh|unshare|setpriv): (?:command )?not found|This account is currently not available|nologin/m,
    'no-shell',
    'the login gets no shell there; log in as a user who has one',
  ],
  [
    /kex_exchange_identification|banner exchange: Connection|Exceeded MaxStartups/,
    'dropped',
    'it dropped the connection before the login: too many at a time? Give fewer --jobs',
  ],
  [
    /Connection (?:closed|reset)|closed by remote host|Broken pipe/,
    'cut-off',
    'the connection was cut off; try again',
  ],
];

/**
 * @param said on standard error, by ssh and by what ran there; anybody's text
 * @param heard what came on standard output
 * @param begun whether it had answered before
 */
export function hostError(said: string, heard: string, begun: boolean): HostError {
  const all = begun || said.trim() !== '' ? said : heard;
  const found = known.find(([pattern]) => pattern.test(all));
  const last = clip(all.trim().split('\n').at(-1) ?? '');
  const words = last === '' ? '' : ` (${last})`;
  if (found) return new HostError(found[1], `${found[2]}${words}`);
  return begun
    ? new HostError('cut-off', `the connection ended before its answer was complete; try again${words}`)
    : new HostError('ssh', `ssh ended without an answer${words}; try ssh HOST sh -c true`);
}
