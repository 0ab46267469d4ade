/** Small configurations with a fix, in the shapes that public ones have. */

/** Which lock file pins nixpkgs; for a channel it is --util-linux that says what it has. */
export type Pinned = 'flake' | 'npins' | 'niv' | 'channel';

export interface Configuration {
  name: string;
  pinned: Pinned;
  files: Record<string, string>;
  /** file:line kind */
  finds: string[];
  /** inputs beside nixpkgs that the lock file pins */
  beside?: string[];
  /** file:line of what --diff does not take out */
  byHand?: string[];
  /** what stays in a file after --diff */
  keeps?: Record<string, string>;
}

export const fixUrl =
  'https://github.com/util-linux/util-linux/commit/7dbfe31a83f45d5aef2b508697e9511c569ffbc8.patch';
const fetched = `(fetchpatch { url = "${fixUrl}"; hash = "sha256-bJqpZiPli5Pm/XpDA445Ab5jesXrlcnaO6e4V0B3rSw="; })`;

/** A flake of one system, with these modules. */
export const flake = (modules: string, inputs = '', formals = ''): string => `{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-25.05";
${inputs}
  outputs =
    { self, nixpkgs, ${formals}... }@inputs:
    {
      nixosConfigurations.node = nixpkgs.lib.nixosSystem {
        specialArgs = { inherit inputs; };
        modules = [ ${modules} ];
      };
    };
}
`;

export const configurations: Configuration[] = [
  {
    name: 'the module of this project, for kubelet and the wrapper',
    pinned: 'flake',
    files: {
      'flake.nix': flake('inputs.subpathfix.nixosModules.default ./k0s.nix'),
      'k0s.nix': `{ lib, ... }:
{
  services.subpathfix = {
    enable = true;
    gate.enable = true;
    fix = {
      enable = lib.mkDefault true;
      strategy = "env";
    };
  };
  services.subpathfix.fix.wrapper = true;
}
`,
    },
    finds: ['k0s.nix:7 module-option', 'k0s.nix:11 module-option'],
    keeps: { 'k0s.nix': 'gate.enable = true;' },
  },
  {
    name: 'mkForce of the path with withPatches',
    pinned: 'flake',
    files: {
      'flake.nix': flake('./k0s.nix'),
      'k0s.nix': `{ pkgs, lib, ... }:
{
  services.k0s.enable = true;
  # util-linux 2.41 breaks subPath mounts
  systemd.services.k0sworker.path = lib.mkForce [ pkgs.util-linux.withPatches ];
}
`,
    },
    finds: ['k0s.nix:5 service-path'],
  },
  {
    name: 'mkBefore, with pkgs, among other packages',
    pinned: 'flake',
    files: {
      'flake.nix': flake('./k3s.nix'),
      'k3s.nix': `{ pkgs, lib, ... }:
{
  systemd.services.k3s = {
    path = lib.mkBefore (with pkgs; [
      nfs-utils
      util-linuxMinimal.withPatches
    ]);
    serviceConfig.LimitNOFILE = 1048576;
  };
}
`,
    },
    finds: ['k3s.nix:4 service-path'],
  },
  {
    name: 'a let-bound override with fetchpatch, in the path',
    pinned: 'flake',
    files: {
      'flake.nix': flake('./hosts/worker.nix'),
      'hosts/worker.nix': `{ pkgs, lib, ... }:
let
  patched = pkgs.util-linux.overrideAttrs (old: {
    patches = (old.patches or [ ]) ++ [
      (pkgs.fetchpatch {
        url = "${fixUrl}";
        hash = "sha256-bJqpZiPli5Pm/XpDA445Ab5jesXrlcnaO6e4V0B3rSw=";
      })
    ];
  });
in
{
  systemd.services.rke2-agent.path = lib.mkForce [ patched ];
}
`,
    },
    finds: ['hosts/worker.nix:3 package', 'hosts/worker.nix:13 service-path'],
  },
  {
    name: 'final: prev: in an overlay of the flake',
    pinned: 'flake',
    files: {
      'flake.nix': flake(`({ ... }: {
          nixpkgs.overlays = [
            (final: prev: {
              util-linux = prev.util-linux.overrideAttrs (o: { patches = o.patches ++ [ ./fix-mount-regression.patch ]; });
            })
          ];
        })`),
    },
    finds: ['flake.nix:12 overlay'],
  },
  {
    name: 'self: super: in a list of overlays of its own',
    pinned: 'channel',
    files: {
      'configuration.nix': `{ imports = [ ./hardware-configuration.nix ]; nixpkgs.overlays = import ./overlays.nix; }\n`,
      'overlays.nix': `[
  (self: super: { hello = super.hello; })
  (self: super: {
    utillinux = super.utillinux.overrideAttrs (old: {
      patches = old.patches ++ [ (super.fetchpatch { name = "x"; url = "https://github.com/util-linux/util-linux/pull/3479.patch"; hash = ""; }) ];
    });
  })
]
`,
    },
    finds: ['overlays.nix:4 overlay'],
  },
  {
    name: 'util-linuxMinimal in an overlay file, imported by path',
    pinned: 'npins',
    files: {
      'configuration.nix': `let sources = import ./npins; in { nixpkgs.overlays = [ (import ./overlays/util-linux.nix) ]; }\n`,
      'overlays/util-linux.nix': `final: prev: {
  util-linuxMinimal = prev.util-linuxMinimal.withPatches;
}
`,
    },
    finds: ['overlays/util-linux.nix:2 overlay'],
  },
  {
    name: 'packageOverrides',
    pinned: 'niv',
    files: {
      'configuration.nix': `{ pkgs, ... }: {
  nixpkgs.config.packageOverrides = pkgs: {
    util-linux = pkgs.util-linux.overrideAttrs (old: {
      patches = old.patches ++ [ (with pkgs; ${fetched}) ];
    });
  };
}
`,
    },
    finds: ['configuration.nix:3 overlay'],
  },
  {
    name: 'an attribute added below a let of one line, used in another file',
    pinned: 'flake',
    files: {
      'flake.nix': flake('./k0s.nix ./packages.nix'),
      'packages.nix': `{ config, ... }: let on = config.services.k0s.enable; in {
  nixpkgs.config.packageOverrides = pkgs: { mountFixed = pkgs.util-linux.withPatches; };
}
`,
      'k0s.nix': `{ pkgs, ... }:
{
  services.k0s.enable = true;
  environment.variables.MOUNT = "\${pkgs.mountFixed}/bin/mount";
}
`,
    },
    finds: ['packages.nix:2 with-patches'],
    byHand: ['packages.nix:2'],
  },
  {
    name: 'an attribute added by one file, used in another',
    pinned: 'flake',
    files: {
      'flake.nix': flake('./k0s.nix ({ ... }: { nixpkgs.overlays = [ (import ./overlay.nix) ]; })'),
      'overlay.nix': `final: prev: {
  mountFixed = prev.util-linuxMinimal.overrideAttrs (old: {
    patches = (old.patches or [ ]) ++ [ ${fetched.replace('fetchpatch', 'prev.fetchpatch')} ];
  });
}
`,
      'k0s.nix': `{ pkgs, lib, ... }:
{
  systemd.services.k0scontroller.path = lib.mkBefore [ pkgs.mountFixed ];
}
`,
    },
    finds: ['k0s.nix:3 service-path', 'overlay.nix:2 package'],
  },
  {
    name: 'KUBELET_PATH of k0s',
    pinned: 'flake',
    files: {
      'flake.nix': flake('./k0s.nix'),
      'k0s.nix': `{ pkgs, lib, ... }: {
  systemd.services.k0sworker.environment = {
    KUBELET_PATH = "\${lib.getBin pkgs.util-linux.withPatches}/bin:\${pkgs.coreutils}/bin";
  };
}
`,
    },
    finds: ['k0s.nix:3 service-environment'],
  },
  {
    name: 'KUBELET_PATH with a plain util-linux, before the wrapper',
    pinned: 'flake',
    files: {
      'flake.nix': flake('./k0s.nix'),
      'k0s.nix': `{ pkgs, lib, ... }: {
  systemd.services.k0s.environment.KUBELET_PATH = lib.makeBinPath [ pkgs.util-linux pkgs.coreutils ];
}
`,
    },
    finds: ['k0s.nix:2 service-environment'],
  },
  {
    name: 'LIBMOUNT_FORCE_MOUNT2',
    pinned: 'flake',
    files: {
      'flake.nix': flake('./k3s.nix'),
      'k3s.nix': `{ lib, ... }: {
  systemd.services.k3s.environment.LIBMOUNT_FORCE_MOUNT2 = lib.mkForce "always";
}
`,
    },
    finds: ['k3s.nix:2 service-environment'],
  },
  {
    name: 'LIBMOUNT_FORCE_MOUNT2 in serviceConfig.Environment',
    pinned: 'npins',
    files: {
      'kubelet.nix': `{
  systemd.services.kubelet = {
    serviceConfig = {
      Environment = [ "GODEBUG=x" "LIBMOUNT_FORCE_MOUNT2=always" ];
    };
  };
}
`,
    },
    finds: ['kubelet.nix:4 service-environment'],
  },
  {
    name: 'PATH of the environment, forced',
    pinned: 'channel',
    files: {
      'rke2.nix': `{ pkgs, lib, ... }:
let
  fix = pkgs.fetchpatch {
    url = "${fixUrl.replace('7dbfe31a83f45d5aef2b508697e9511c569ffbc8', '77723beaaaca654f72ac9538772e69fbafa8835d')}";
    hash = lib.fakeHash;
  };
  util-linux-patched = pkgs.util-linux.overrideAttrs (prev: { patches = prev.patches ++ [ fix ]; });
in {
  systemd.services."rke2-server".environment.PATH = lib.mkForce (lib.makeBinPath [ util-linux-patched pkgs.kmod ]);
}
`,
    },
    finds: ['rke2.nix:3 patch', 'rke2.nix:7 package', 'rke2.nix:9 service-environment'],
  },
  {
    name: 'k3s.override',
    pinned: 'flake',
    files: {
      'flake.nix': flake('./k3s.nix'),
      'k3s.nix': `{ pkgs, ... }: {
  services.k3s = {
    enable = true;
    package = pkgs.k3s.override { util-linux = pkgs.util-linux.withPatches; };
  };
}
`,
    },
    finds: ['k3s.nix:4 distribution-package'],
  },
  {
    name: 'k3s_1_32.override in an overlay',
    pinned: 'flake',
    files: {
      'flake.nix': flake(`{ nixpkgs.overlays = [ (final: prev: {
          k3s_1_32 = prev.k3s_1_32.override { util-linuxMinimal = final.util-linux-fixed; };
          util-linux-fixed = prev.util-linuxMinimal.overrideAttrs (o: { patches = [ (final.fetchpatch { url = "${fixUrl}"; hash = ""; }) ]; });
        }) ]; }`),
    },
    finds: ['flake.nix:10 distribution-package', 'flake.nix:11 package'],
  },
  {
    name: 'rke2.override with more arguments',
    pinned: 'flake',
    files: {
      'flake.nix': flake('./rke2.nix'),
      'rke2.nix': `{ pkgs, ... }: {
  services.rke2.package = pkgs.rke2.override { util-linux = pkgs.util-linux.withPatches; iptables = pkgs.nftables; };
}
`,
    },
    finds: ['rke2.nix:2 distribution-package'],
    byHand: ['rke2.nix:2'],
  },
  {
    name: 'security.wrappers.mount',
    pinned: 'flake',
    files: {
      'flake.nix': flake('./csi.nix'),
      'csi.nix': `{ pkgs, lib, ... }: {
  security.wrappers.mount.source = lib.mkForce "\${lib.getBin pkgs.util-linux.withPatches}/bin/mount";
}
`,
    },
    finds: ['csi.nix:2 mount-wrapper'],
  },
  {
    name: 'replaceDependencies',
    pinned: 'flake',
    files: {
      'flake.nix': flake('./replace.nix'),
      'replace.nix': `{ pkgs, ... }: {
  system.replaceDependencies.replacements = [
    {
      original = pkgs.util-linux;
      replacement = pkgs.util-linux.overrideAttrs (old: { patches = old.patches ++ [ ./patches/7dbfe31a.patch ]; });
    }
  ];
}
`,
    },
    finds: ['replace.nix:2 replace-dependencies'],
  },
  {
    name: 'replaceRuntimeDependencies among others',
    pinned: 'channel',
    files: {
      'configuration.nix': `{ pkgs, ... }: {
  system.replaceRuntimeDependencies = [
    { original = pkgs.openssl; replacement = pkgs.openssl_3; }
    { original = pkgs.util-linux; replacement = pkgs.util-linux.withPatches; }
  ];
}
`,
    },
    finds: ['configuration.nix:2 replace-dependencies'],
  },
  {
    name: 'an input beside the main one, for its util-linux alone',
    pinned: 'flake',
    beside: ['nixpkgs-util-linux'],
    files: {
      'flake.nix': flake(
        './k0s.nix',
        '  inputs.nixpkgs-util-linux.url = "github:NixOS/nixpkgs/nixos-24.11";',
      ),
      'k0s.nix': `{ inputs, pkgs, lib, ... }: {
  systemd.services.k0sworker.path = lib.mkForce [
    inputs.nixpkgs-util-linux.legacyPackages.\${pkgs.system}.util-linux
  ];
}
`,
    },
    finds: ['flake.nix:3 pinned-input', 'k0s.nix:2 service-path'],
  },
  {
    name: 'such an input, named by outputs, in an overlay with inherit',
    pinned: 'flake',
    beside: ['nixpkgs-mount'],
    files: {
      'flake.nix': flake(
        `{ nixpkgs.overlays = [ (final: prev: {
          inherit (nixpkgs-mount.legacyPackages.\${prev.system}) util-linux;
        }) ]; }`,
        '  inputs.nixpkgs-mount = {\n    url = "github:NixOS/nixpkgs/50ab793786d9de88ee30ec4e4c24fb4236fc2674";\n  };',
        'nixpkgs-mount, ',
      ),
    },
    finds: ['flake.nix:3 pinned-input', 'flake.nix:12 overlay'],
  },
  {
    name: 'an older nixpkgs, imported and passed to the modules',
    pinned: 'flake',
    beside: ['nixpkgs-2411'],
    files: {
      'flake.nix': `{
  inputs = {
    nixpkgs.url = "github:NixOS/nixpkgs/nixos-25.05";
    nixpkgs-2411.url = "github:NixOS/nixpkgs/nixos-24.11";
  };
  outputs = inputs@{ nixpkgs, ... }: {
    nixosConfigurations.a = nixpkgs.lib.nixosSystem {
      specialArgs = {
        pkgs-mount = import inputs.nixpkgs-2411 { system = "x86_64-linux"; };
      };
      modules = [ ./modules/kubelet.nix ];
    };
  };
}
`,
      'modules/kubelet.nix': `{ lib, pkgs-mount, ... }: {
  systemd.services.kubelet.path = lib.mkBefore [ pkgs-mount.util-linux ];
}
`,
    },
    finds: ['flake.nix:4 pinned-input', 'modules/kubelet.nix:2 service-path'],
    // specialArgs still passes it on.
    byHand: ['flake.nix:4'],
  },
  {
    name: 'fetchTarball of an older nixpkgs',
    pinned: 'channel',
    files: {
      'configuration.nix': `{ pkgs, lib, ... }:
let
  old = import (fetchTarball "https://github.com/NixOS/nixpkgs/archive/nixos-24.11.tar.gz") { };
in
{
  systemd.services.k3s.path = lib.mkForce [ old.util-linux pkgs.kmod ];
}
`,
    },
    finds: ['configuration.nix:6 service-path'],
    byHand: ['configuration.nix:6'],
  },
  {
    name: 'another version by overrideAttrs',
    pinned: 'flake',
    files: {
      'flake.nix': flake('./overlay-module.nix'),
      'overlay-module.nix': `{
  nixpkgs.overlays = [
    (final: prev: {
      util-linux = prev.util-linux.overrideAttrs (old: rec {
        version = "2.40.4";
        src = final.fetchurl { url = "mirror://kernel/linux/utils/util-linux/v2.40/util-linux-\${version}.tar.xz"; hash = ""; };
      });
    })
  ];
}
`,
    },
    finds: ['overlay-module.nix:4 overlay'],
  },
  {
    name: 'a unit whose name is bound by let',
    pinned: 'flake',
    files: {
      'flake.nix': flake('./node.nix'),
      'node.nix': `{ pkgs, lib, config, ... }:
let
  unit = "k0scontroller";
in
{
  config = lib.mkIf config.services.k0s.enable {
    systemd.services.\${unit} = {
      path = [ pkgs.util-linux.withPatches ];
      environment.LIBMOUNT_FORCE_MOUNT2 = "always";
    };
  };
}
`,
    },
    finds: ['node.nix:8 service-path', 'node.nix:9 service-environment'],
  },
  {
    name: 'mkMerge and mkIf',
    pinned: 'flake',
    files: {
      'flake.nix': flake('./node.nix'),
      'node.nix': `{ pkgs, lib, ... }:
lib.mkMerge [
  { services.k3s.enable = true; }
  (lib.mkIf (lib.versionOlder pkgs.util-linux.version "2.41.1") {
    systemd.services.k3s.environment.LIBMOUNT_FORCE_MOUNT2 = "always";
  })
]
`,
    },
    finds: ['node.nix:5 service-environment'],
  },
  {
    name: 'withPatches elsewhere',
    pinned: 'flake',
    files: {
      'flake.nix': flake('./packages.nix'),
      'packages.nix': `{ pkgs, ... }: {
  environment.systemPackages = with pkgs; [
    git
    util-linux.withPatches
  ];
}
`,
    },
    finds: ['packages.nix:4 with-patches'],
  },
  {
    name: 'a patch of its own name, by its content',
    pinned: 'flake',
    files: {
      'flake.nix': flake('./overlay.nix'),
      'overlay.nix': `{ nixpkgs.overlays = [ (self: super: {
  util-linux = super.util-linux.overrideAttrs (o: { patches = o.patches ++ [ ./subpath.patch ]; });
}) ]; }
`,
      'subpath.patch': `--- a/libmount/src/context.c
+++ b/libmount/src/context.c
@@ -1,2 +1,1 @@
-	if (mnt_context_is_nocanonicalize(cxt))
 	x
`,
    },
    finds: ['overlay.nix:2 overlay'],
  },
  {
    name: 'two fixes in files of their own, split over directories',
    pinned: 'flake',
    files: {
      'flake.nix': flake('./modules/k8s ./modules/csi.nix'),
      'modules/k8s/default.nix': `{ imports = [ ./path.nix ]; }\n`,
      'modules/k8s/path.nix': `{ pkgs, lib, ... }: with lib; {
  systemd.services.kubelet = { path = mkOverride 40 (with pkgs; [ util-linux.withPatches ]); };
}
`,
      'modules/csi.nix': `{ pkgs, lib, ... }: {
  security.wrappers.mount = {
    source = "\${pkgs.util-linux.withPatches}/bin/mount";
    setuid = true; owner = "root"; group = "root";
  };
}
`,
    },
    finds: ['modules/csi.nix:2 mount-wrapper', 'modules/k8s/path.nix:2 service-path'],
  },
  {
    name: 'the fix among other patches of util-linux',
    pinned: 'flake',
    files: {
      'flake.nix': flake('./overlay.nix'),
      'overlay.nix': `{ nixpkgs.overlays = [ (final: prev: {
  util-linux = prev.util-linux.overrideAttrs (o: {
    patches = o.patches ++ [ ./rtcwake.patch ./fix-mount-regression.patch ];
  });
}) ]; }
`,
    },
    finds: ['overlay.nix:2 overlay'],
    keeps: { 'overlay.nix': 'patches = o.patches ++ [ ./rtcwake.patch ];' },
  },
  {
    name: 'withPatches in the path of another service, which keeps util-linux',
    pinned: 'flake',
    files: {
      'flake.nix': flake('./disks.nix'),
      'disks.nix': `{ pkgs, ... }: {
  systemd.services.disks.path = [ pkgs.util-linux.withPatches ];
  systemd.services.disks.script = "\${pkgs.util-linux.withPatches}/bin/lsblk";
}
`,
    },
    finds: ['disks.nix:2 with-patches', 'disks.nix:3 with-patches'],
    keeps: { 'disks.nix': 'path = [ pkgs.util-linux ];' },
  },
  {
    name: 'the fix and another change of the build',
    pinned: 'flake',
    files: {
      'flake.nix': flake('./overlay.nix'),
      'overlay.nix': `{ nixpkgs.overlays = [ (final: prev: {
  util-linux = prev.util-linux.overrideAttrs (o: {
    patches = o.patches ++ [ ./fix-mount-regression.patch ];
    doCheck = false;
  });
}) ]; }
`,
    },
    finds: ['overlay.nix:2 overlay'],
    keeps: { 'overlay.nix': 'doCheck = false;' },
  },
];
