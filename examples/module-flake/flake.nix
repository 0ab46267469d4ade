{
  description = "A k0s worker that fixes itself where its util-linux needs it, and says when it does not work";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-25.05";
  inputs.k0s-nix.url = "github:nix-community/k0s-nix/5d35844e711673fabced9eb689bf5d1b13f1628d";
  inputs.k0s-nix.inputs.nixpkgs.follows = "nixpkgs";
  # The repository that this example is in: put its URL here.
  inputs.subpathfix.url = "path:../..";

  outputs =
    {
      nixpkgs,
      k0s-nix,
      subpathfix,
      ...
    }:
    {
      nixosConfigurations.worker = nixpkgs.lib.nixosSystem {
        system = "x86_64-linux";
        modules = [
          k0s-nix.nixosModules.default
          { nixpkgs.overlays = [ k0s-nix.overlays.default ]; }
          subpathfix.nixosModules.default
          {
            services.k0s.enable = true;
            services.k0s.role = "worker";
            services.subpathfix = {
              enable = true;
              # subpathfix has a nixpkgs of its own, with a Node.js that is new enough; kubelet's fix is from this one.
              package = subpathfix.packages.x86_64-linux.default;
              # No effect, and nothing to build, as soon as flake.lock has a nixpkgs without the defect.
              fix.enable = true;
              gate.enable = true;
              check.timer = "hourly";
              check.textfileDirectory = "/var/lib/node-exporter";
            };
          }
        ];
      };
    };
}
