# The text of docs/nixos-options.md, from the options of module.nix and check.nix.
{
  lib ? (import <nixpkgs> { }).lib,
}:
let
  optionsOf =
    file:
    (import file {
      inherit lib;
      config = throw "a default that depends on the configuration has no defaultText";
      options = { };
      pkgs = { };
    }).options.services.subpathfix;
  isText = value: builtins.elem (value._type or null) [ "literalExpression" "literalMD" ];
  code =
    value:
    if builtins.isList value then
      "[ ${lib.concatStringsSep " " (map builtins.toJSON value)} ]"
    else
      builtins.toJSON value;
  shown =
    value:
    if builtins.isAttrs value && isText value then
      (if value._type == "literalMD" then value.text else "`${value.text}`")
    else
      "`${if value == [ ] then "[ ]" else code value}`";

  entry =
    name: option:
    lib.concatStringsSep "\n" (
      [
        "## `${name}`"
        ""
        (lib.concatStringsSep "\n" (lines option.description))
        ""
        "- type: ${option.type.description}"
        "- default: ${shown (option.defaultText or option.default)}"
      ]
      ++ lib.optional (option ? example) "- example: ${shown option.example}"
      ++ [ "" ]
    );
  # Without the last line's end.
  lines = text: lib.filter (line: line != "") (lib.splitString "\n" text);

  entries =
    prefix: tree:
    lib.concatMap (
      name:
      let
        value = tree.${name};
        path = "${prefix}.${name}";
      in
      if (value._type or null) != "option" then
        entries path value
      else
        lib.optional (!(value.internal or false)) (entry path value)
    ) (builtins.attrNames tree);
in
lib.concatStringsSep "\n" (
  [
    "# Options of the NixOS module"
    ""
    "Made by `nix/options.nix`; CONTRIBUTING.md says how."
    ""
  ]
  ++ entries "services.subpathfix" (optionsOf ./module.nix // optionsOf ./check.nix)
)
