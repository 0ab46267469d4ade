# What kubelet of a system would run as mount: the truth that a fix is compared with.
lib: config: distro: unit:
let
  service = config.systemd.services.${unit};
  environment = service.environment;
  package = if distro == "kubernetes" then null else config.services.${distro}.package;

  # A package that is wrapped again: its own prefix is gone, since the program inside is started.
  again = builtins.match ".*--prefix PATH : \"([^:]*):.*" (package.postBuild or "");
  prefix =
    if again != null then again else map (each: "${lib.getBin each}/bin") (package.prefix or [ ]);
  started = prefix ++ lib.splitString ":" (environment.PATH or "");

  # k0s gives kubelet KUBELET_X as X, and no prefix comes before that PATH.
  own = name: if distro == "k0s" then environment."KUBELET_${name}" or null else null;
  path = if own "PATH" != null then lib.splitString ":" (own "PATH") else started;
  forced =
    if own "LIBMOUNT_FORCE_MOUNT2" != null then
      own "LIBMOUNT_FORCE_MOUNT2"
    else
      environment.LIBMOUNT_FORCE_MOUNT2 or null;

  found = lib.filter (directory: lib.hasInfix "util-linux" directory) path;
  mount = if found == [ ] then "" else lib.head found;
in
{
  inherit mount forced;
  state = import ./state.nix lib mount;
}
