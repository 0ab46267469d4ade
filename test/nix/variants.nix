# The states of util-linux in nixpkgs: version, patches, and what withPatches adds where there is one.
{
  "bare-2.41" = {
    version = "2.41";
    patches = [ ./rtcwake.patch ];
  };
  "with-patches" = {
    version = "2.41";
    patches = [ ./rtcwake.patch ];
    withPatches = [ ./fix-mount-regression.patch ];
  };
  "with-other-patches" = {
    version = "2.41";
    patches = [ ./rtcwake.patch ];
    withPatches = [ ./unrelated.patch ];
  };
  "patched-2.41" = {
    version = "2.41";
    patches = [
      ./rtcwake.patch
      ./fix-mount-regression.patch
    ];
  };
  "fetched-2.41" = {
    version = "2.41";
    patches = [
      {
        name = "libmount.patch";
        url = "https://github.com/util-linux/util-linux/commit/77723beaaaca654f72ac9538772e69fbafa8835d.patch";
      }
    ];
  };
  "fixed-2.41.1" = {
    version = "2.41.1";
    patches = [ ./rtcwake.patch ];
  };
  "older-2.40.4" = {
    version = "2.40.4";
    patches = [ ./rtcwake.patch ];
  };
}
