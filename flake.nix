{
  description = "Decides whether a node has the util-linux 2.41 subPath mount defect, writes the Nix fix, and proves that it works";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-26.05";

  outputs =
    { self, nixpkgs }:
    let
      forEachSystem =
        make:
        builtins.listToAttrs (
          map (system: {
            name = system;
            value = make nixpkgs.legacyPackages.${system};
          }) [ "x86_64-linux" "aarch64-linux" ]
        );
      packageFor = pkgs: pkgs.callPackage ./nix/package.nix { };
    in
    {
      packages = forEachSystem (pkgs: {
        default = packageFor pkgs;
      });

      apps = forEachSystem (pkgs: {
        default = {
          type = "app";
          program = "${packageFor pkgs}/libexec/nix-run";
          meta.description = "Runs subpathfix";
        };
      });

      overlays.default = import ./nix/overlay.nix;

      # Not the path alone: Nix 2.8 takes none.
      nixosModules.default = {
        imports = [ ./nix/module.nix ];
      };

      devShells = forEachSystem (pkgs: {
        default = pkgs.mkShell {
          packages = [
            pkgs.nodejs
            pkgs.shellcheck
          ];
        };
      });

      checks = forEachSystem (pkgs: {
        package = packageFor pkgs;
        module = import ./nix/tests/module.nix { inherit pkgs; };
      });
    };
}
