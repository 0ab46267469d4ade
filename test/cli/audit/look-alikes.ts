/** Configurations that only look as if they had a fix. */
import { fixUrl } from './configurations.ts';

const module = (body: string): string => `{ pkgs, lib, config, inputs, ... }:\n{\n${body}\n}\n`;

export const lookAlikes: Record<string, Record<string, string>> = {
  'the module of this project without its fix': {
    'a.nix': module(
      '  services.subpathfix = { enable = true; gate.enable = true; check.timer = "daily"; fix.enable = false; fix.strategy = "env"; };',
    ),
  },
  "the fix of another service's module": { 'a.nix': module('  services.subpathfixture.fix.enable = true;') },
  'an option below that of the module': {
    'a.nix': module('  services.subpathfix.fix.enable.reason = true; subpathfix.fix.enable = true;'),
  },
  'lsblk of util-linux in a script': {
    'a.nix': module('  systemd.services.disks.script = "${pkgs.util-linux}/bin/lsblk";'),
  },
  'util-linux in the packages': { 'a.nix': module('  environment.systemPackages = [ pkgs.util-linux ];') },
  'util-linux in the packages, with pkgs': {
    'a.nix': module('  environment.systemPackages = with pkgs; [ util-linux git ];'),
  },
  'another patch of util-linux': {
    'a.nix': module(
      '  nixpkgs.overlays = [ (final: prev: { util-linux = prev.util-linux.overrideAttrs (o: { patches = o.patches ++ [ ./rtcwake.patch ]; }); }) ];',
    ),
  },
  'another patch, fetched': {
    'a.nix': module(
      '  nixpkgs.overlays = [ (final: prev: { util-linux = prev.util-linux.overrideAttrs (o: { patches = [ (prev.fetchpatch { url = "https://github.com/util-linux/util-linux/commit/0123456789abcdef0123456789abcdef01234567.patch"; hash = ""; }) ]; }); }) ];',
    ),
  },
  'another override of util-linux': {
    'a.nix': module(
      '  nixpkgs.overlays = [ (self: super: { util-linux = super.util-linux.override { systemdSupport = false; }; }) ];',
    ),
  },
  "another service's path": {
    'a.nix': module('  systemd.services.backup.path = [ pkgs.util-linux pkgs.btrfs-progs ];'),
  },
  "another service's forced path": {
    'a.nix': module('  systemd.services.docker.path = lib.mkForce [ pkgs.util-linux ];'),
  },
  'the plain util-linux in the path of k3s, for a CSI driver': {
    'a.nix': module('  systemd.services.k3s.path = with pkgs; [ nfs-utils openiscsi util-linux ];'),
  },
  'other packages in the path of k0s': {
    'a.nix': module('  systemd.services.k0sworker.path = [ pkgs.kmod pkgs.ipset ];'),
  },
  'another variable of k3s': {
    'a.nix': module('  systemd.services.k3s.environment.HTTP_PROXY = "http://x";'),
  },
  'PATH of kubelet without a fix': {
    'a.nix': module(
      '  systemd.services.kubelet.environment.PATH = lib.mkForce (lib.makeBinPath [ pkgs.coreutils ]);',
    ),
  },
  'LIBMOUNT_FORCE_MOUNT2 of another service': {
    'a.nix': module('  systemd.services.zfs-mount.environment.LIBMOUNT_FORCE_MOUNT2 = "always";'),
  },
  'LIBMOUNT_FORCE_MOUNT2 that forces nothing': {
    'a.nix': module('  systemd.services.k3s.environment.LIBMOUNT_FORCE_MOUNT2 = "auto";'),
  },
  'LIBMOUNT_FORCE_MOUNT2 in a comment': {
    'a.nix': module(
      '  # systemd.services.k3s.environment.LIBMOUNT_FORCE_MOUNT2 = "always";\n  services.k3s.enable = true;',
    ),
  },
  'the fix in a comment': {
    'a.nix': module(`  /* ${fixUrl} and util-linux.withPatches */\n  services.k0s.enable = true; # 7dbfe31a`),
  },
  'the fix in a text': {
    'a.nix': module(`  environment.etc."notes".text = "see ${fixUrl}, or util-linux.withPatches";`),
  },
  'withPatches of another package': {
    'a.nix': module('  environment.systemPackages = [ (pkgs.dwm.withPatches [ ./util-linux.patch ]) ];'),
  },
  'k3s.override without util-linux': {
    'a.nix': module('  services.k3s.package = pkgs.k3s.override { iptables = pkgs.nftables; };'),
  },
  'k3s.override with the plain util-linux': {
    'a.nix': module('  services.k3s.package = pkgs.k3s.override { util-linux = pkgs.util-linux; };'),
  },
  'other wrappers': {
    'a.nix': module(
      '  security.wrappers.ping = { source = "${pkgs.iputils}/bin/ping"; setuid = true; owner = "root"; group = "root"; };',
    ),
  },
  'the wrapper of mount without setuid': {
    'a.nix': module('  security.wrappers.mount.setuid = lib.mkForce false;'),
  },
  'replaceDependencies of another package': {
    'a.nix': module(
      '  system.replaceDependencies.replacements = [ { original = pkgs.xz; replacement = pkgs.xz.overrideAttrs { patches = [ ./x.patch ]; }; } ];',
    ),
  },
  'another nixpkgs for k3s': {
    'flake.nix': `{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-25.05";
  inputs.nixpkgs-unstable.url = "github:NixOS/nixpkgs/nixos-unstable";
  outputs = { nixpkgs, nixpkgs-unstable, ... }: {
    x = { services.k3s.package = nixpkgs-unstable.legacyPackages.x86_64-linux.k3s; };
  };
}
`,
  },
  'util-linux of another nixpkgs, for a shell': {
    'a.nix': module(
      '  environment.systemPackages = [ inputs.nixpkgs-unstable.legacyPackages.x86_64-linux.util-linux ];',
    ),
  },
  'a package that is only called like it': {
    'pkgs/default.nix': '{ callPackage }: { util-linux-scripts = callPackage ./scripts.nix { }; }\n',
    'pkgs/scripts.nix':
      '{ stdenv, util-linux }: stdenv.mkDerivation { pname = "util-linux-scripts"; version = "2.41"; buildInputs = [ util-linux ]; }\n',
  },
  'util-linux given to a package': {
    'a.nix': '{ pkgs }: pkgs.callPackage ./tool.nix { util-linux = pkgs.util-linuxMinimal; }\n',
  },
  'another pull request of that number': {
    'a.nix': module(
      '  nixpkgs.overlays = [ (f: p: { foo = p.foo.overrideAttrs { patches = [ (p.fetchpatch { url = "https://github.com/foo/foo/pull/3479.patch"; hash = ""; }) ]; }; }) ];',
    ),
  },
  'the version in an assertion': {
    'a.nix': module(
      '  assertions = [ { assertion = lib.versionAtLeast pkgs.util-linux.version "2.41.1"; message = "k3s needs util-linux 2.41.1"; } ];',
    ),
  },
  'KUBELET_PATH for another tool': {
    'a.nix': module(
      '  systemd.services.k0sworker.environment.KUBELET_PATH = lib.makeBinPath [ pkgs.openiscsi ];',
    ),
  },
  'a store of other text': { 'README.nix.md': 'util-linux.withPatches', 'sources.json': '{"version": 1}' },
};
