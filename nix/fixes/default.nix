# Made by scripts/module-fixes.ts: do not edit.
# The strategies of each distribution, the preferred one first.
{
  k0s = [ "path" "env" ];
  k3s = [ "package" "env" ];
  rke2 = [ "package" "env" ];
  kubernetes = [ "path" "env" ];
}
