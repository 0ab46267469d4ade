# Evaluates many systems at once. `rows`: a JSON file; each row is a generated module in a system:
#   modules        files of modules: the generated one, and what else the user has
#   distro, role, unit, era, variant, pkgsFrom
#   preSwitchChecks  whether NixOS has that option
#   applied        overlay files that a given pkgs was made with
#   package        "source": k0s built from source; "unwrapped"; "foreign": from a nixpkgs of the state `foreign`
{ rows }:
map (import ./row.nix) (builtins.fromJSON (builtins.readFile rows))
