{ ... }:
let
  # The repository that this example is in: put a fetchTarball of it here.
  subpathfix = ../..;
in
{
  imports = [
    ./hardware-configuration.nix
    "${toString subpathfix}/nix/module.nix"
  ];

  services.rke2 = {
    enable = true;
    role = "agent";
  };

  services.subpathfix = {
    enable = true;
    # rke2 is compiled again for its own util-linux; a variable of the unit is enough for kubelet.
    fix.enable = true;
    fix.strategy = "env";
    # CSI drivers enter the host, and call mount there.
    fix.wrapper = true;
    gate.enable = true;
  };
}
