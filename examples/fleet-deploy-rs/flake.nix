{
  description = "Two k3s nodes, deployed by deploy-rs";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-25.05";
  inputs.deploy-rs.url = "github:serokell/deploy-rs";
  inputs.deploy-rs.inputs.nixpkgs.follows = "nixpkgs";
  # The repository that this example is in: put its URL here.
  inputs.subpathfix.url = "path:../..";

  outputs =
    {
      self,
      nixpkgs,
      deploy-rs,
      subpathfix,
      ...
    }:
    let
      system = "x86_64-linux";
      node =
        settings:
        nixpkgs.lib.nixosSystem {
          inherit system;
          modules = [
            subpathfix.nixosModules.default
            {
              services.k3s = {
                enable = true;
              }
              // settings;
              services.subpathfix = {
                enable = true;
                package = subpathfix.packages.${system}.default;
                fix.enable = true;
                # Before deploy-rs activates a system: what its magic rollback would have to undo does not happen.
                gate.enable = true;
                check.timer = "hourly";
              };
            }
          ];
        };
      profile = name: {
        hostname = "${name}.example.org";
        profiles.system = {
          user = "root";
          path = deploy-rs.lib.${system}.activate.nixos self.nixosConfigurations.${name};
        };
      };
    in
    {
      nixosConfigurations.server = node { role = "server"; };
      nixosConfigurations.agent = node { role = "agent"; };

      deploy.nodes.server = profile "server";
      deploy.nodes.agent = profile "agent";
      checks.${system} = deploy-rs.lib.${system}.deployChecks self.deploy;
    };
}
