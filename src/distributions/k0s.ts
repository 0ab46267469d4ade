/** k0s, and k0s-nix on NixOS. Sources: k0s-nix, and "environment-variables" in the documentation of k0s. */
import { commandIn, hasFlag, optionIn } from './command-line.ts';
import type { Distribution } from './distribution.ts';

const prefix = 'KUBELET_';

/** The options that all commands have, of those with a value. */
const valued = ['--data-dir', '--debugListenOn', '--status-socket'];

const roleIn: Distribution['roleIn'] = (argv) => {
  const command = commandIn(argv, valued);
  if (command === 'worker') return command;
  if (command !== 'controller') return null;
  if (hasFlag(argv, '--single')) return 'single';
  return hasFlag(argv, '--enable-worker') ? 'controller+worker' : 'controller';
};

export const k0s: Distribution = {
  flakeRepository: 'k0s-nix',
  flakePackage: {
    system: "if services.k0s.package is pkgs.k0s, the default: built with the system's nixpkgs",
    own: (input) =>
      `if services.k0s.package is set to inputs.${input}.packages.<system>.k0s: built with its own`,
    renamedUnit: { name: 'k0s', since: '2026-08-20' },
  },
  roles: ['single', 'controller', 'controller+worker', 'worker'],
  withoutKubelet: {
    controller: 'A k0s controller without --enable-worker runs no kubelet: it needs no fix.',
  },
  roleIn,
  programs: ['k0s'],
  // It marks what it starts, wherever its data directory is (pkg/supervisor).
  owns: ({ env, argv, program }) =>
    env['_K0S_MANAGED'] === 'yes' ||
    [program, argv[0], optionIn(argv, '--root-dir')].some((path) => path?.split('/').includes('k0s')),
  kubeletRoot: '/var/lib/k0s/kubelet',
  // k0s-nix has called it k0s since 2026-08-20; the other two are older, and from k0s' own installer.
  units: ['k0s', 'k0sworker', 'k0scontroller'],
  unitOf: (role) => (role === 'worker' ? 'k0sworker' : 'k0scontroller'),
  unitHint:
    'k0s-nix has called it k0s since 2026-08-20; before that, k0sworker for role worker and k0scontroller for the others. Generate again with the right --role, or with --unit k0s.',
  restartHint: 'Its unit has KillMode=process, so kubelet can outlive a restart: check its start time.',
  // k0s strips the prefix and puts its own directory first (getEnv in its supervisor; v1.32.4 to v1.36.3).
  passesOn(started, argv) {
    const env = { ...started };
    for (const [name, value] of Object.entries(started)) {
      if (!name.startsWith(prefix)) continue;
      delete env[name];
      env[name.slice(prefix.length)] = value;
    }
    const ownDirectory = `${optionIn(argv, '--data-dir') ?? '/var/lib/k0s'}/bin`;
    env['PATH'] = `${ownDirectory}:${env['PATH']}`;
    return { env, ownDirectory, componentPath: started[`${prefix}PATH`] };
  },
  kubeletPrefix: prefix,
  // k0s-nix has wrapped it since 2025-06-06 (its pull request 31).
  wrapped: 'unknown',
  package: {
    option: 'services.k0s.package',
    builds: 'util-linuxMinimal, which takes a few minutes, and a new wrapper around k0s',
    rewraps: 'k0s',
  },
  componentPath: {
    no: 'The k0s package is not wrapped now; in k0s-nix it has been since 2025-06-06. k0s strips the prefix and gives kubelet this PATH, which a wrapper does not shadow.',
    yes: "The k0s package is wrapped: its own util-linux comes before the unit's PATH. k0s strips the prefix and gives kubelet this PATH, which the wrapper does not shadow.",
    unknown:
      "The k0s package may be wrapped: its own util-linux would come before the unit's PATH. k0s strips the prefix and gives kubelet this PATH, which a wrapper does not shadow.",
  },
  kubeconfigs: ['/var/lib/k0s/pki/admin.conf'],
  kubeconfigIn(argv) {
    const directory = optionIn(argv, '--data-dir');
    return directory === null ? null : `${directory}/pki/admin.conf`;
  },
  workers: ['worker'],
  kubectl: ['k0s', 'kubectl'],
};
