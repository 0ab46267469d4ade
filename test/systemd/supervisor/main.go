// Command supervisor stands in for the programs that start Kubernetes on a node. It is the program of the name it is
// called by: k0s, rke2, or control-plane, which is that of a node whose distribution is not k0s. What one of them
// does not know it refuses.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

var programs = map[string]func(args []string) error{
	"k0s":           k0s,
	".k0s-wrapped":  k0s,
	"rke2":          rke2,
	".rke2-wrapped": rke2,
	"control-plane": onlyControlPlane,
}

func main() {
	self, err := os.Executable()
	if err != nil {
		fail(err)
	}
	program, known := programs[filepath.Base(self)]
	if !known {
		fail(fmt.Errorf("not one of the programs in this binary"))
	}
	if err := program(os.Args[1:]); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintf(os.Stderr, "%s: %v\n", os.Args[0], err)
	os.Exit(1)
}
