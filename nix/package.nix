# The program, built from source. Its wrapper names all that it runs itself by store paths, kubectl and what belongs
# to the system (systemctl, journalctl, nixos-rebuild) excepted: those have to be the machine's own.
{
  lib,
  buildNpmPackage,
  coreutils,
  importNpmLock,
  nodejs,
  runtimeShell,
  stdenvNoCC,
  util-linux,
}:
let
  manifest = builtins.fromJSON (builtins.readFile ../package.json);
  lock = builtins.fromJSON (builtins.readFile ../package-lock.json);

  # Of the tree, what the build reads.
  parts = [
    "LICENSE"
    "nix"
    "package-lock.json"
    "package.json"
    "scripts"
    "src"
    "templates"
    "tsconfig.json"
  ];
  root = toString ../.;
  src = builtins.path {
    name = "subpathfix-source";
    path = ../.;
    filter =
      path: _:
      builtins.elem (builtins.head (lib.splitString "/" (lib.removePrefix "${root}/" (toString path)))) parts;
  };

  # package-lock.json has no URLs, so npm finds each tarball. Packages for other systems have no hash there either, and
  # are not installed.
  fetch =
    path: { version, integrity, ... }:
    let
      name = lib.last (lib.splitString "node_modules/" path);
    in
    stdenvNoCC.mkDerivation {
      name = "${builtins.replaceStrings [ "@" "/" ] [ "" "-" ] name}-${version}.tgz";
      nativeBuildInputs = [ nodejs ];
      outputHash = integrity;
      outputHashMode = "flat";
      impureEnvVars = lib.fetchers.proxyImpureEnvVars;
      buildCommand = ''
        export HOME=$TMPDIR
        npm pack --ignore-scripts --loglevel=error ${lib.escapeShellArg "${name}@${version}"}
        mv -- *.tgz "$out"
      '';
    };
  fetched = lib.mapAttrs fetch (lib.filterAttrs (_: entry: entry ? integrity) lock.packages);
in
buildNpmPackage {
  pname = "subpathfix";
  inherit (manifest) version;
  inherit nodejs src;

  npmDeps = importNpmLock {
    npmRoot = src;
    package = manifest;
    packageLock = lock;
    packageSourceOverrides = fetched;
  };
  inherit (importNpmLock) npmConfigHook;

  installPhase = ''
    runHook preInstall
    ${runtimeShell} nix/install.sh . "$out" ${runtimeShell} ${lib.getBin nodejs}/bin \
      ${lib.getBin util-linux}/bin/unshare ${lib.getBin util-linux}/bin/setpriv ${lib.getBin coreutils}/bin/mkdir
    runHook postInstall
  '';

  doInstallCheck = true;
  installCheckPhase = ''
    test "$(env -i "$out/bin/subpathfix" --version)" = ${manifest.version}
  '';

  passthru.fetched = fetched;

  meta = {
    inherit (manifest) description;
    license = lib.licenses.mit;
    mainProgram = "subpathfix";
    platforms = lib.platforms.linux;
  };
}
