# Derivations in the shape that nixpkgs gives them, never built: outputs, passthru, override and overrideAttrs
# that survive each other. A store path says which patches were applied, in their order.
{ lib, stdenv }:
let
  patchName = patch: if builtins.isAttrs patch then "fetched-${patch.name}" else baseNameOf (toString patch);
in
rec {
  mkDerivation =
    attributes:
    let
      given = if lib.isFunction attributes then attributes final else attributes;
      patches = given.patches or [ ];
      # A real one, so that its paths carry the context that Nix refuses in some places.
      built = derivation {
        name = lib.concatStringsSep "+" ([ "${given.pname}-${given.version}" ] ++ map patchName patches);
        system = "x86_64-linux";
        builder = "none";
        outputs = given.outputs or [ "out" ];
      };
      outputs = builtins.listToAttrs (
        map (output: {
          name = output;
          # As in nixpkgs, each output has the others.
          value = outputs // {
            type = "derivation";
            inherit (built.${output}) outPath;
            inherit patches;
          };
        }) (given.outputs or [ ])
      );
      final =
        {
          inherit stdenv;
        }
        // given
        // outputs
        // (given.passthru or { })
        // {
          type = "derivation";
          name = "${given.pname}-${given.version}";
          inherit (built) outPath drvPath;
          overrideAttrs =
            change:
            mkDerivation (
              self:
              let
                previous = if lib.isFunction attributes then attributes self else attributes;
                changed = change previous;
              in
              previous // (if lib.isFunction changed then change self previous else changed)
            );
        };
    in
    final;

  # A function of named arguments that can be called again, also after overrideAttrs.
  makeOverridable =
    function: arguments:
    let
      result = function arguments;
    in
    result
    // {
      override = {
        __functor = _: changed: makeOverridable function (arguments // changed);
        __functionArgs = lib.functionArgs function;
      };
    }
    // lib.optionalAttrs (result ? overrideAttrs) {
      overrideAttrs =
        change:
        makeOverridable {
          __functor = _: arguments: (function arguments).overrideAttrs change;
          __functionArgs = lib.functionArgs function;
        } arguments;
    };
}
