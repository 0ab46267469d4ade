# Derivations in the shape that nixpkgs gives them, without a build: outputs, passthru, override and
# overrideAttrs that survive each other. A store path says which patches were applied, in their order.
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
      suffix = lib.concatStringsSep "+" (map patchName patches);
      store = "/nix/store/${given.pname}-${given.version}${if suffix == "" then "" else "+" + suffix}";
      outputs = builtins.listToAttrs (
        map (output: {
          name = output;
          value = {
            type = "derivation";
            outPath = "${store}-${output}";
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
          outPath = store;
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
