/** What to do once the files are there, and what to know. */
import type { Advisory } from '../advisory/index.ts';
import { nixString, shellQuoted } from '../text/escape.ts';
import type { Remedy, Step, StrategyName } from './remedy.ts';

type Planned = Pick<Remedy, 'strategy' | 'system' | 'files'>;

const built: Record<StrategyName, string> = {
  path: 'It builds util-linuxMinimal, some minutes, and nothing else.',
  env: 'It builds nothing but the configuration.',
  package: 'It builds util-linuxMinimal and wraps the package anew; nothing else.',
  wrapper: 'It builds util-linuxMinimal, some minutes, and nothing else.',
  overlay: 'It is a mass rebuild: nearly every package depends on util-linux. Expect hours, or a build farm.',
  'drop-in': 'It builds and installs nothing.',
};

/** The path of a file as Nix would import it: a path literal, or a string where it cannot be one. */
function nixPath(out: string, file: string): string {
  const path = out === '.' ? file : `${out.replace(/\/+$/, '')}/${file}`;
  if (/^[\w./+-]+$/.test(path)) return path.startsWith('/') ? path : `./${path.replace(/^\.\//, '')}`;
  return path.startsWith('/') ? `(/. + ${nixString(path)})` : `(./. + ${nixString(`/${path}`)})`;
}

/** The steps from files to a proof, in order. */
export function stepsFor({ strategy, system, files }: Planned, out: string): Step[] {
  const verify: Step = { text: 'Prove it, on the node:', commands: ['sudo subpathfix verify'] };
  if (strategy === 'drop-in') {
    const [file] = files;
    return [
      {
        text: built[strategy],
        commands: [
          shellQuoted({
            file: 'sudo',
            args: [
              'install',
              '-D',
              '-m',
              '0644',
              `${out}/${file?.path}`,
              `/etc/systemd/system/${file?.path}`,
            ],
          }),
          'sudo systemctl daemon-reload',
          `sudo systemctl restart ${system.unit}`,
        ],
      },
      verify,
      { text: 'Remove the drop-in once the distribution has a util-linux with the fix.', commands: [] },
    ];
  }
  const module = nixPath(out, 'subpath-fix.nix');
  return [
    {
      text: 'Import the module. With flakes, add it to the modules of nixosSystem, and let git know the files, which flakes do not see otherwise; with channels, add it to imports in configuration.nix:',
      commands: [
        `modules = [ ${module} ];   # flake.nix`,
        shellQuoted({ file: 'git', args: ['add', out] }),
        `imports = [ ${module} ];   # configuration.nix`,
      ],
    },
    {
      text: `Rebuild. ${built[strategy]}`,
      commands: ['sudo nixos-rebuild test', 'sudo nixos-rebuild switch'],
    },
    ...(strategy === 'wrapper' ? [] : restart(system.unit, system.distro)),
    ...(strategy === 'wrapper'
      ? [
          {
            text: 'See what the wrapped mount does:',
            commands: ['subpathfix probe --mount /run/wrappers/bin/mount'],
          },
        ]
      : [verify]),
    {
      text: 'Remove it when the evaluation warns that this nixpkgs does not have the defect any more.',
      commands: [],
    },
  ];
}

function restart(unit: string, distro: string): Step[] {
  const outlives =
    distro === 'k0s'
      ? ' Its KillMode is process, so that a kubelet can outlive a restart of the unit: look at its start time.'
      : '';
  return [
    { text: `kubelet must have been restarted.${outlives}`, commands: [`sudo systemctl restart ${unit}`] },
  ];
}

/** What a user must know before relying on the cure. */
export function warningsFor({ strategy, system }: Planned, advisory: Advisory): string[] {
  const [first, ...later] = advisory.laterSecurityFixes.releases;
  const warnings = [
    `A util-linux ${advisory.nixpkgs.windows[0]?.version} with this fix still lacks the security fixes of mount in ${first} ` +
      `(and ${later.join(' / ')}): it is a stop-gap. The home is a channel with util-linux ${advisory.laterSecurityFixes.home} or newer.`,
  ];
  if (strategy === 'wrapper')
    warnings.push(
      'This reaches CSI drivers that call the mount of the host. kubelet needs its own cure: --strategy path.',
    );
  if (strategy === 'overlay' && system.packageWrapped !== 'no') {
    warnings.push(
      `A package of ${system.distro} that comes from another nixpkgs keeps its own util-linux; this overlay does not reach it.`,
    );
  }
  if (strategy === 'env' || strategy === 'drop-in') {
    warnings.push('libmount keeps the defect: only kubelet is cured, not CSI drivers or a mount by hand.');
  }
  if (system.distro === 'k0s' && system.role === 'controller') {
    warnings.push(
      'A k0s controller without --enable-worker runs no kubelet: there is nothing to cure on it.',
    );
  }
  warnings.push(
    'Pods that the defect has hit can stay stuck after the cure, because of mounts that it left behind: subpathfix sweep.',
  );
  return warnings;
}
