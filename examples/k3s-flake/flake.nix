{
  description = "A k3s server with the subPath fix";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs =
    { nixpkgs, ... }:
    {
      nixosConfigurations.server = nixpkgs.lib.nixosSystem {
        system = "x86_64-linux";
        modules = [
          {
            services.k3s.enable = true;
            services.k3s.role = "server";
          }
          ./fix/subpath-fix.nix
        ];
      };
    };
}
