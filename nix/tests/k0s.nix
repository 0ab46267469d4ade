# A k0s node whose util-linux has the defect: `generate` writes the fix, the system with it passes its gate and is
# switched to, and a pod with subPaths runs; then the same by services.subpathfix. Needs KVM, and builds util-linux:
#   nix-build nix/tests/k0s.nix
{
  # The release itself: util-linux 2.41 without the fix.
  nixpkgs ? builtins.fetchTarball "https://github.com/NixOS/nixpkgs/archive/refs/tags/25.05.tar.gz",
  k0s-nix ? builtins.fetchTarball "https://github.com/nix-community/k0s-nix/archive/5d35844e711673fabced9eb689bf5d1b13f1628d.tar.gz",
  pkgs ? import nixpkgs { },
  subpathfix ? pkgs.callPackage ../package.nix { },
  # The directory that `generate` writes.
  fix ? pkgs.runCommand "subpath-fix" { nativeBuildInputs = [ subpathfix ]; } ''
    subpathfix generate --channel nixos-25.05 --util-linux 2.41 --distro k0s --role single --unit k0s --gate --out $out
  '',
}:
let
  k0s = (pkgs.callPackage "${k0s-nix}/k0s/default.nix" { }).k0s_1_35;

  # The only image that this node has: of the sandbox, and of the pod.
  image = pkgs.dockerTools.buildImage {
    name = "quay.io/k0sproject/pause";
    tag = "3.10.1";
    copyToRoot = pkgs.pkgsStatic.busybox;
    config.Cmd = [
      "/bin/sleep"
      "infinity"
    ];
  };

  network = builtins.toJSON {
    cniVersion = "1.0.0";
    name = "node";
    plugins = [
      {
        type = "bridge";
        bridge = "cni0";
        isGateway = true;
        ipam = {
          type = "host-local";
          subnet = "10.244.0.0/24";
        };
      }
    ];
  };
in
pkgs.testers.runNixOSTest {
  name = "subpathfix-k0s";

  nodes.machine =
    { pkgs, ... }:
    {
      imports = [
        "${k0s-nix}/nixos/k0s.nix"
        ../module.nix
      ];
      virtualisation = {
        memorySize = 4096;
        diskSize = 8192;
      };
      services.k0s = {
        enable = true;
        package = k0s;
        role = "single";
        spec.api.address = "192.168.1.1";
        # What its own network needs would have to be pulled.
        spec.network.provider = "custom";
      };
      services.subpathfix = {
        enable = true;
        package = subpathfix;
      };
      environment.etc."cni/net.d/10-node.conflist".text = network;
      systemd.tmpfiles.rules = [
        "L+ /opt/cni/bin - - - - ${pkgs.cni-plugins}/bin"
        "d /var/lib/k0s/images - - - -"
        "L+ /var/lib/k0s/images/pause.tar - - - - ${image}"
      ];
      specialisation = {
        generated.configuration.imports = [ "${fix}/subpath-fix.nix" ];
        module.configuration.services.subpathfix = {
          fix.enable = true;
          gate.enable = true;
          check.timer = "hourly";
        };
      };
    };

  testScript = ''
    base = "/run/booted-system"
    kubectl = "k0s kubectl"


    def switch(name: str) -> str:
        return f"{base}/specialisation/{name}/bin/switch-to-configuration test 2>&1"


    def wait_for_node() -> None:
        machine.wait_for_unit("k0s.service")
        machine.wait_until_succeeds(f"{kubectl} wait --for=condition=Ready node/machine --timeout=10s", timeout=600)
        machine.wait_until_succeeds(f"{kubectl} get serviceaccount default", timeout=120)


    machine.start()
    wait_for_node()

    with subtest("the node is affected, and verify says so"):
        code, output = machine.execute("subpathfix check")
        assert code == 1, output
        code, output = machine.execute("subpathfix verify --timeout 120")
        assert code == 4, output

    with subtest("generate writes here what was built"):
        machine.succeed(
            "subpathfix generate --channel nixos-25.05 --util-linux 2.41 --distro k0s --role single --unit k0s --gate"
            " --out /tmp/fix"
        )
        machine.succeed("diff <(grep -v '^#' /tmp/fix/subpath-fix.nix) <(grep -v '^#' ${fix}/subpath-fix.nix)")

    for name in ["generated", "module"]:
        with subtest(f"{name}: the gate lets it pass, and the pod runs"):
            machine.succeed(switch(name))
            machine.succeed("systemctl restart k0s.service")
            wait_for_node()
            machine.succeed("subpathfix sweep --apply || test $? = 1")
            machine.succeed("subpathfix verify --timeout 120")
            machine.succeed("subpathfix check")

    with subtest("the unit of the timer can see kubelet"):
        machine.succeed("systemctl start subpathfix-check.service")
        machine.succeed("systemctl is-active subpathfix-check.timer")

    with subtest("without the fix again, the node is affected"):
        machine.succeed(f"{base}/bin/switch-to-configuration test 2>&1")
        machine.succeed("systemctl restart k0s.service")
        wait_for_node()
        code, output = machine.execute("subpathfix check")
        assert code == 1, output
  '';
}
