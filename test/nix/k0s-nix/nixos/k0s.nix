# The module of k0s-nix is in every system of the tests, at the time that is asked for: services/k0s.nix.
{ }
