# For a NixOS without flakes: (import ./. { inherit pkgs; }).subpathfix, .overlay and .module.
{
  pkgs ? import <nixpkgs> { },
}:
{
  subpathfix = pkgs.callPackage ./nix/package.nix { };
  overlay = import ./nix/overlay.nix;
  module = ./nix/module.nix;
}
