final: _: { subpathfix = final.callPackage ./package.nix { }; }
