package main

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

const (
	rke2DataDir = "/var/lib/rancher/rke2"
	rke2RunDir  = "/run/k3s/containerd"
)

// rke2 starts containerd and kubelet by their plain names, in its own environment with its directory first in PATH
// (pkg/podexecutor/staticpod.go and pkg/bootstrap of rke2). They end with it. The control plane, which the real one
// starts as static pods, is another's.
func rke2(args []string) error {
	if len(args) != 1 || args[0] != "server" && args[0] != "agent" {
		return fmt.Errorf("%q: only server and agent are known, without options", args)
	}
	bin, err := stage(filepath.Join(rke2DataDir, "bin"), append([]string{"kubelet", "kubectl"}, runtimePrograms...)...)
	if err != nil {
		return err
	}
	os.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	socket := filepath.Join(rke2RunDir, "containerd.sock")
	go keepBound("containerd", "-c", "/etc/containerd/config.toml", "-a", socket,
		"--state", rke2RunDir, "--root", filepath.Join(rke2DataDir, "agent/containerd"))
	for !listens(socket) {
		time.Sleep(100 * time.Millisecond)
	}
	go keepBound("kubelet",
		"--config=/etc/kubernetes/kubelet.yaml",
		"--container-runtime-endpoint=unix://"+socket,
		"--containerd="+socket,
		"--kubeconfig="+filepath.Join(rke2DataDir, "agent/kubelet.kubeconfig"),
		"--root-dir=/var/lib/kubelet",
		"--cert-dir=/var/lib/kubelet/pki")
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	<-signals
	return nil
}

// keepBound starts a program whenever it ends; the kernel kills it with this process.
func keepBound(name string, args ...string) {
	// That signal comes with the end of the thread that started it.
	runtime.LockOSThread()
	for {
		child := exec.Command(name, args...)
		child.Stdout, child.Stderr = os.Stdout, os.Stderr
		child.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		fmt.Fprintf(os.Stderr, "%s exited: %v\n", name, child.Run())
		time.Sleep(5 * time.Second)
	}
}
