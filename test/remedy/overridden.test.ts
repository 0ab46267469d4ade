/** Fixes in configurations that work against them. */
import { describe, expect, it } from 'vitest';
import { evaluated } from '../helpers/evaluated.ts';
import { scratchDirectory } from '../helpers/tools.ts';

const scratch = await scratchDirectory();
const path0 = 'k0s-worker-path-wrapped-unknown';
const service = (text: string): string => `{ systemd.services.k0sworker = { ${text} }; }`;

describe('a definition of the user', () => {
  it.each<[what: string, fix: string, user: string, failed: RegExp[]]>([
    ['nothing', path0, '{ }', []],
    [
      'mkForce of path, as a public configuration has it',
      path0,
      service('path = lib.mkForce [ pkgs.coreutils pkgs.util-linux ];'),
      [/^subpathfix: PATH of service "k0sworker" .*coreutils.*mkForce/, /: KUBELET_PATH of/],
    ],
    ['mkBefore', path0, service('path = lib.mkBefore [ pkgs.util-linux ];'), []],
    ['a package with order 1', path0, service('path = lib.mkOrder 1 [ pkgs.util-linux ];'), []],
    [
      'a package before every other',
      path0,
      service('path = lib.mkOrder (-1) [ pkgs.util-linux ];'),
      [
        /: PATH of .* begin with the patched util-linux, but with "[^"]*util-linux-2\.41/,
        /: KUBELET_PATH of/,
      ],
    ],
    [
      'environment.PATH',
      path0,
      service('environment.PATH = lib.mkForce "/run/current-system/sw/bin";'),
      [/: PATH of .*"\/run\/current-system\/sw\/bin".*environment\.PATH/],
    ],
    [
      'no PATH at all',
      path0,
      service('environment.PATH = lib.mkForce null;'),
      [/: PATH of service "k0sworker" does not begin/],
    ],
    [
      'environment.KUBELET_PATH',
      path0,
      service('environment.KUBELET_PATH = lib.mkForce "/bin";'),
      [/: KUBELET_PATH of .*"\/bin"/],
    ],
    [
      'all of environment',
      path0,
      service('environment = lib.mkForce { HOME = "/root"; };'),
      [/: PATH of/, /: KUBELET_PATH of/],
    ],
    [
      'PATH in serviceConfig.Environment',
      path0,
      service('serviceConfig.Environment = [ "A=b" "PATH=/bin" ];'),
      [/: PATH of .* but with "serviceConfig\.Environment"/],
    ],
    [
      'a quoted PATH in a text of serviceConfig.Environment',
      path0,
      service(String.raw`serviceConfig.Environment = "A=b \"KUBELET_PATH=/bin\"";`),
      [/: KUBELET_PATH of .* but with "serviceConfig\.Environment"/],
    ],
    ['another PATH there', path0, service('serviceConfig.Environment = "CNI_PATH=/opt/cni/bin";'), []],
    [
      'enable = false',
      path0,
      service('enable = false;'),
      [/no service "k0sworker" \(systemd\.services\.k0sworker\.enable is false\)/],
    ],
    [
      'the service is not enabled',
      path0,
      '{ services.k0s.enable = lib.mkForce false; }',
      [/no service "k0sworker" \(it has no ExecStart\).*--(role|unit)/],
    ],
    [
      'another variable',
      'k0s-worker-env',
      service('environment.KUBELET_LIBMOUNT_FORCE_MOUNT2 = lib.mkForce "auto";'),
      [/: KUBELET_LIBMOUNT_FORCE_MOUNT2 of service "k0sworker" is not always/],
    ],
    [
      'all of environment, with env',
      'k0s-worker-env',
      service('environment = lib.mkForce { };'),
      [/KUBELET_LIBMOUNT_FORCE_MOUNT2 of service/],
    ],
    [
      'another ExecStart',
      'k0s-worker-package',
      service('serviceConfig.ExecStart = lib.mkForce [ "" "/opt/k0s worker" ];'),
      [/does not start the package of services\.k0s\.package/],
    ],
    [
      'KUBELET_PATH, with package',
      'k0s-worker-package',
      service('environment.KUBELET_PATH = "/bin";'),
      [/: KUBELET_PATH of .*"\/bin"/],
    ],
    [
      'the wrapper, stronger',
      'k0s-single-wrapper',
      '{ security.wrappers.mount.source = lib.mkOverride 40 "/bin/mount"; }',
      [/security\.wrappers\.mount is not the patched mount, but "\/bin\/mount"/],
    ],
    [
      'the wrapper, with both',
      'k0s-worker-env+wrapper',
      '{ security.wrappers.mount.source = lib.mkOverride 40 "/bin/mount"; }',
      [/security\.wrappers\.mount is not/],
    ],
  ])('%s', async (_, fix, user, failed) => {
    const result = await evaluated(scratch, fix, '2025-07', { user });
    expect(result.failed).toEqual(failed.map((text) => expect.stringMatching(text)));
    if (failed.length === 0 && !fix.includes('wrapper')) expect(result.kubelet.state).toBe('fixed');
  });

  it('does not change what is fixed otherwise: k3s with an own util-linux', async () => {
    const user =
      '{ services.k3s.package = pkgs.k3s.override { util-linux = pkgs.util-linuxMinimal.overrideAttrs (prev: { patches = prev.patches ++ [ ./fix-mount-regression.patch ]; }); }; }';
    const result = await evaluated(scratch, 'k3s-server-package', '2025-05', { user });
    expect(result).toMatchObject({ failed: [], kubelet: { state: 'fixed' } });
    expect(result.kubelet.mount).not.toContain('fetched');
  });
});
