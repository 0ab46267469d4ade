# What of nix/package.nix can be built without nixpkgs, with the machine's own shell, node and npm.
{
  # Where the programs are.
  path,
  shell,
  # The directory of node.
  node,
  # dist/ and LICENSE.
  source,
}:
let
  build =
    attributes: arguments:
    derivation (
      {
        system = builtins.currentSystem;
        builder = shell;
        # Without a sandbox, Nix 2.8 kills what has closed its output, also what is just ending with 0: so something else
        # holds the output until it has ended.
        args = [
          "-ec"
          ''
            setsid "$0" -c 'while [ -e /proc/$0 ] && ! grep -q State:.Z /proc/$0/status; do sleep 0.1; done' $$ &
            exec "$0" "$@"
          ''
          shell
        ]
        ++ arguments;
        PATH = path;
      }
      // attributes
    );
  programs = map (name: "/usr/bin/${name}") [
    "unshare"
    "setpriv"
    "mkdir"
  ];
  package = (import ./. { }).callPackage ../../nix/package.nix {
    stdenvNoCC.mkDerivation =
      { name, outputHash, outputHashMode, buildCommand, ... }:
      build { inherit name outputHash outputHashMode; } [
        "-ec"
        buildCommand
      ];
  };
in
{
  installed = build { name = "subpathfix"; } (
    [
      ../../nix/install.sh
      (builtins.path {
        name = "subpathfix-built";
        path = source;
      })
      (builtins.placeholder "out")
      shell
      node
    ]
    ++ programs
  );
  # A library, by its hash in package-lock.json.
  fetched = package.passthru.fetched."node_modules/picocolors";
  # The files that the package is built from.
  inherit (package) src;
}
