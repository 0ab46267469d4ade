package main

import (
	"os"
	"path/filepath"
	"strings"
)

// k0s marks its children with it (pkg/supervisor/supervisor.go).
const managed = "_K0S_MANAGED=yes"

// k0sEnvironment is what getEnv of k0s gives a component (the same in v1.32.4 and v1.36.3): a variable that begins
// with the component's name replaces the plain one and loses that beginning, but for etcd, whose own begin so. The
// directory of k0s' programs comes first in PATH.
func k0sEnvironment(dataDir, component string) []string {
	prefix := strings.ToUpper(component) + "_"
	replaced := map[string]bool{}
	var env []string
	for _, variable := range os.Environ() {
		name, value, _ := strings.Cut(variable, "=")
		plain, found := strings.CutPrefix(name, prefix)
		if found && (component != "etcd" || strings.HasSuffix(plain, "_PROXY")) {
			replaced[plain] = true
			env = append(env, plain+"="+value)
		}
	}
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if replaced[strings.TrimPrefix(name, prefix)] {
			continue
		}
		env = append(env, variable)
	}
	for i, variable := range env {
		if path, found := strings.CutPrefix(variable, "PATH="); found {
			env[i] = "PATH=" + filepath.Join(dataDir, "bin") + ":" + path
		}
	}
	return append([]string{managed}, env...)
}
