# What nixpkgs has here: a NixOS of the tests, with the pkgs that it is given.
{ pkgs, modules, ... }: import ../../system.nix { inherit modules pkgs; }
