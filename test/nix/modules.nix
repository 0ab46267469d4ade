# A small module system that treats what generated modules use as NixOS's does: priorities and order of
# definitions, options that do not exist, options declared twice, apply, types that refuse a value.
baseLib:
let
  lib = baseLib // { inherit types; };
  inherit (lib) concatMap filter isAttrs;
  names = sets: builtins.attrNames (builtins.foldl' (one: other: one // other) { } sets);
  isType = type: value: isAttrs value && (value._type or null) == type;

  # mkIf and mkMerge, taken apart.
  discharge =
    value:
    if isType "merge" value then
      concatMap discharge value.contents
    else if isType "if" value then
      (if value.condition then discharge value.content else [ ])
    else
      [ value ];

  # The same for a set of options, whose conditions must not be needed to know the options in it.
  pushDown =
    value:
    if isType "merge" value then
      concatMap pushDown value.contents
    else if isType "if" value then
      map (builtins.mapAttrs (_: inner: lib.mkIf value.condition inner)) (pushDown value.content)
    else
      [ value ];

  # The definitions of the strongest priority alone (mkForce 50, plain 100, mkDefault 1000).
  strongest =
    values:
    let
      priority = value: if isType "override" value then value.priority else 100;
      best = builtins.foldl' (least: value: if priority value < least then priority value else least) 9999 values;
    in
    map (value: if isType "override" value then value.content else value) (
      filter (value: priority value == best) values
    );

  # The definitions in the order that mkBefore (500), plain (1000) and mkAfter (1500) give them.
  ordered =
    values:
    let
      priority = value: if isType "order" value then value.priority else 1000;
    in
    map (value: if isType "order" value then value.content else value) (
      builtins.sort (one: other: priority one < priority other) values
    );

  one =
    loc: values:
    if builtins.length values > 1 && !(lib.any (value: value == builtins.head values) values && builtins.all (value: value == builtins.head values) values) then
      throw "The option `${loc}' has conflicting definition values"
    else
      builtins.head values;

  types = rec {
    anything = {
      empty = throw "no value";
      merge = loc: values: one loc values;
    };
    str = {
      description = "string";
      empty = throw "no value";
      merge =
        loc: values:
        let
          value = one loc values;
        in
        if builtins.isString value || (isAttrs value && value ? outPath) then
          "${value}"
        else
          throw "A definition for option `${loc}' is not of type `string'";
    };
    # A type that looks at one value; nixpkgs' description of it.
    checked = description: isValid: {
      inherit description;
      empty = throw "no value";
      merge =
        loc: values:
        let
          value = one loc values;
        in
        if isValid value then value else throw "A definition for option `${loc}' is not of type `${description}'";
    };
    bool = checked "boolean" builtins.isBool;
    package = checked "package" (value: isAttrs value && value.type or "" == "derivation");
    enum = values: checked "one of ${lib.concatMapStringsSep ", " builtins.toJSON values}" (value: lib.elem value values);
    nullOr = type: {
      description = "null or ${type.description}";
      empty = throw "no value";
      merge =
        loc: values:
        if builtins.all (value: value == null) values then null else type.merge loc values;
    };
    unique = type: {
      name = "unique";
      inherit (type) empty;
      merge =
        loc: values:
        if builtins.length values > 1 then
          throw "The option `${loc}' is defined multiple times while it's expected to be unique."
        else
          type.merge loc values;
    };
    listOf = element: {
      description = "list of ${element.description or "anything"}";
      empty = [ ];
      merge = loc: values: builtins.concatLists (ordered values);
    };
    attrsOf = element: {
      empty = { };
      merge =
        loc: values:
        let
          given = name: concatMap discharge (map (value: value.${name}) (filter (value: value ? ${name}) values));
        in
        builtins.listToAttrs (
          map (name: {
            inherit name;
            value = mergeValue "${loc}.${name}" element (given name);
          }) (filter (name: given name != [ ]) (names values))
        );
    };
    submodule = modules: {
      empty = evaluate "" modules [ ];
      merge = loc: values: evaluate loc modules values;
    };
  };

  mergeValue =
    loc: type: values:
    let
      kept = strongest (concatMap discharge values);
    in
    if kept == [ ] then type.empty else type.merge loc kept;

  # Two declarations of one option may not both say the same of it.
  joinOptions =
    loc: one: other:
    let
      both = filter (name: one ? ${name} && other ? ${name}) [ "default" "apply" "type" ];
    in
    if both != [ ] then throw "The option `${loc}' is already declared" else one // other;

  joinTrees =
    loc: one: other:
    if isType "option" one && isType "option" other then
      joinOptions loc one other
    else
      one
      // builtins.mapAttrs (
        name: value: if one ? ${name} then joinTrees "${loc}.${name}" one.${name} value else value
      ) other;

  readTree =
    loc: tree: definitions:
    let
      values = if isType "option" tree then definitions else concatMap pushDown definitions;
      unknown = filter (name: !(tree ? ${name})) (names values);
    in
    if isType "option" tree then
      let
        type = tree.type or types.anything;
        given = mergeValue loc type (values ++ lib.optional (tree ? default) (lib.mkOverride 1500 tree.default));
      in
      (tree.apply or (value: value)) given
    else if unknown != [ ] then
      throw "The option `${loc}${builtins.head unknown}' does not exist"
    else
      builtins.mapAttrs (
        name: inner: readTree "${loc}${name}." inner (map (value: value.${name}) (filter (value: value ? ${name}) values))
      ) tree;

  # A module as a function, a path or a set; with options and config, or with config alone.
  load =
    arguments: module:
    let
      value = if builtins.isPath module || builtins.isString module then import module else module;
      set = if lib.isFunction value then value arguments else value;
      structured = set ? options || set ? config;
      own = {
        options = set.options or { };
        config = if structured then set.config or { } else removeAttrs set [ "imports" ];
      };
    in
    [ own ] ++ concatMap (load arguments) (set.imports or [ ]);

  evaluate =
    loc: modules: definitions:
    let
      loaded = concatMap (load { inherit lib config; }) modules;
      tree = builtins.foldl' (joinTrees loc) { } (map (module: module.options) loaded);
      config = readTree "${loc}." tree (map (module: module.config) loaded ++ definitions);
    in
    config;
in
{
  inherit types;
  # `arguments` is what every module gets beside lib and config.
  evalModules =
    { modules, arguments }:
    let
      loaded = concatMap (load ({ inherit lib config; options = tree; } // arguments)) modules;
      tree = builtins.foldl' (joinTrees "") { } (map (module: module.options) loaded);
      config = readTree "" tree (map (module: module.config) loaded);
    in
    config;
}
