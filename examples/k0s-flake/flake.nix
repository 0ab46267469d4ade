{
  description = "A k0s worker with the subPath fix";

  # As long as flake.lock has it at a revision with util-linux 2.41 and without the fix.
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-25.05";
  # Since 2026-08-20 the unit of k0s-nix is called k0s, hence --unit k0s.
  inputs.k0s-nix.url = "github:nix-community/k0s-nix/5d35844e711673fabced9eb689bf5d1b13f1628d";
  # One nixpkgs for both: the util-linux inside k0s's wrapper is then the system's.
  inputs.k0s-nix.inputs.nixpkgs.follows = "nixpkgs";

  outputs =
    { nixpkgs, k0s-nix, ... }:
    {
      nixosConfigurations.worker = nixpkgs.lib.nixosSystem {
        system = "x86_64-linux";
        modules = [
          k0s-nix.nixosModules.default
          { nixpkgs.overlays = [ k0s-nix.overlays.default ]; }
          {
            services.k0s.enable = true;
            services.k0s.role = "worker";
          }
          ./fix/subpath-fix.nix
        ];
      };
    };
}
