# Whether the util-linux at a path has the defect, by its version and the patches that its path names.
lib: path:
let
  fixes = builtins.length (lib.filter builtins.isList (builtins.split "(mount-regression|libmount.patch)" path));
  version = builtins.match ".*util-linux(-minimal)?-([0-9.]+[0-9]).*" path;
  release = builtins.elemAt version 1;
in
if version == null then
  "none"
else if fixes > 1 then
  "patched twice"
else if fixes == 1 || lib.versionOlder release "2.41" || lib.versionAtLeast release "2.41.1" then
  "fixed"
else
  "affected"
