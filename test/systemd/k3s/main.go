// Command k3s stands in for k3s on a node: one process that holds kubelet, with containerd as its child. It has no
// API server. What it does to PATH and to its own process is what cmd/k3s/main.go of k3s does.
package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"k8s.io/component-base/cli"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"

	_ "k8s.io/component-base/logs/json/register"
)

const (
	dataDir    = "/var/lib/rancher/k3s"
	assets     = dataDir + "/data/current"
	runDir     = "/run/k3s/containerd"
	kubeconfig = "/etc/rancher/k3s/k3s.yaml"
	kubectl    = "/opt/kubernetes/kubectl"
)

func main() {
	if err := run(os.Args); err != nil {
		fmt.Fprintln(os.Stderr, "k3s:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) > 1 && args[1] == "kubectl":
		os.Setenv("KUBECONFIG", kubeconfig)
		return syscall.Exec(kubectl, args[1:], os.Environ())
	case len(args) != 2 || args[1] != "server" && args[1] != "agent":
		return fmt.Errorf("%q: only server, agent and kubectl are known, without options", args[1:])
	case os.Getenv("K3S_DATA_DIR") == "":
		return stageAndRun(args)
	}
	if err := startContainerd(); err != nil {
		return err
	}
	command := kubelet.NewKubeletCommand()
	command.SetArgs([]string{
		"--config=/etc/kubernetes/kubelet.yaml",
		"--container-runtime-endpoint=unix://" + runDir + "/containerd.sock",
		"--containerd=" + runDir + "/containerd.sock",
		"--kubeconfig=" + dataDir + "/agent/kubelet.kubeconfig",
		"--root-dir=/var/lib/kubelet",
		"--cert-dir=/var/lib/kubelet/pki",
	})
	os.Exit(cli.Run(command))
	return nil
}

// stageAndRun puts the program into the data directory and executes it there, under the name k3s-ROLE, with that
// directory first in PATH and its aux directory last (without prefer-bundled-bin).
func stageAndRun(args []string) error {
	bin := filepath.Join(assets, "bin")
	if err := os.MkdirAll(filepath.Join(bin, "aux"), 0o755); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	inner := "k3s-" + args[1]
	for _, name := range []string{"k3s", inner} {
		if err := os.Remove(filepath.Join(bin, name)); err != nil && !os.IsNotExist(err) {
			return err
		}
	}
	if err := os.Link(self, filepath.Join(bin, "k3s")); err != nil {
		return err
	}
	if err := os.Symlink("k3s", filepath.Join(bin, inner)); err != nil {
		return err
	}
	os.Setenv("PATH", bin+":"+os.Getenv("PATH")+":"+filepath.Join(bin, "aux"))
	os.Setenv("K3S_DATA_DIR", assets)
	return syscall.Exec(filepath.Join(bin, inner), args, os.Environ())
}

// startContainerd starts it so that it ends with this process, and waits for it: kubelet does not.
func startContainerd() error {
	command := exec.Command("containerd", "-c", "/etc/containerd/config.toml", "-a", runDir+"/containerd.sock",
		"--state", runDir, "--root", dataDir+"/agent/containerd")
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	// The signal comes with the end of the thread that started it.
	runtime.LockOSThread()
	if err := command.Start(); err != nil {
		return err
	}
	for {
		connection, err := net.Dial("unix", runDir+"/containerd.sock")
		if err == nil {
			return connection.Close()
		}
		time.Sleep(100 * time.Millisecond)
	}
}
