# The functions of nixpkgs' lib that generated files and the modules of the tests use, with its names and results.
rec {
  inherit (builtins)
    any
    concatLists
    concatMap
    concatStringsSep
    elem
    filter
    head
    isAttrs
    isFunction
    isList
    mapAttrs
    ;

  hasInfix =
    infix: text:
    # As nixpkgs' lib, which makes a regular expression of it.
    assert !(builtins.hasContext infix) || throw "the string '${infix}' is not allowed to refer to a store path";
    let
      n = builtins.stringLength infix;
      last = builtins.stringLength text - n;
      at = i: i <= last && (builtins.substring i n text == infix || at (i + 1));
    in
    at 0;
  hasPrefix = prefix: text: builtins.substring 0 (builtins.stringLength prefix) text == prefix;
  removeSuffix =
    suffix: text:
    let
      rest = builtins.stringLength text - builtins.stringLength suffix;
    in
    if builtins.substring rest (-1) text == suffix then builtins.substring 0 rest text else text;
  splitString =
    separator: text: filter builtins.isString (builtins.split (escapeRegex separator) (toString text));
  escapeRegex = text: if text == "." then "\\." else text;
  versionOlder = one: other: builtins.compareVersions other one == 1;
  versionAtLeast = one: other: !(versionOlder one other);
  optional = condition: element: if condition then [ element ] else [ ];
  optionals = condition: elements: if condition then elements else [ ];
  optionalString = condition: text: if condition then text else "";
  optionalAttrs = condition: set: if condition then set else { };
  toList = value: if isList value then value else [ value ];
  functionArgs = f: f.__functionArgs or (builtins.functionArgs f);
  escapeShellArg = text: "'${builtins.replaceStrings [ "'" ] [ "'\\''" ] (toString text)}'";
  escapeShellArgs = texts: concatStringsSep " " (map escapeShellArg texts);

  getOutput = output: package: package.${output} or package.out or package;
  getBin = getOutput "bin";
  makeSearchPathOutput =
    output: directory: packages:
    concatStringsSep ":" (map (package: "${getOutput output package}/${directory}") packages);
  makeBinPath = makeSearchPathOutput "bin" "bin";

  filterAttrs =
    isWanted: set:
    builtins.listToAttrs (
      concatMap (name: optional (isWanted name set.${name}) { inherit name; value = set.${name}; }) (
        builtins.attrNames set
      )
    );
  last = list: builtins.elemAt list (builtins.length list - 1);
  removePrefix =
    prefix: text:
    if hasPrefix prefix text then builtins.substring (builtins.stringLength prefix) (-1) text else text;
  concatMapStringsSep = separator: f: list: concatStringsSep separator (map f list);
  fetchers.proxyImpureEnvVars = [ "https_proxy" ];
  licenses.mit.spdxId = "MIT";
  platforms.linux = [ "x86_64-linux" ];
  literalExpression = text: {
    _type = "literalExpression";
    inherit text;
  };
  literalMD = text: {
    _type = "literalMD";
    inherit text;
  };

  mkOption = attributes: attributes // { _type = "option"; };
  mkOverride = priority: content: {
    _type = "override";
    inherit priority content;
  };
  mkForce = mkOverride 50;
  mkDefault = mkOverride 1000;
  mkOrder = priority: content: {
    _type = "order";
    inherit priority content;
  };
  mkBefore = mkOrder 500;
  mkAfter = mkOrder 1500;
  mkIf = condition: content: {
    _type = "if";
    inherit condition content;
  };
  mkMerge = contents: {
    _type = "merge";
    inherit contents;
  };
}
