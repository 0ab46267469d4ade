package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

const (
	k0sRunDir = "/run/k0s"
	// In the default worker profile of every k0s from v1.22 to v1.36.3.
	kubeletCgroups = "/system.slice/containerd.service"
)

var runtimePrograms = []string{"containerd", "containerd-shim-runc-v2", "runc"}

type k0sOptions struct {
	dataDir, kubeletRoot, tokenFile string
	controller, kubelet             bool
}

func k0s(args []string) error {
	if len(args) == 0 {
		return errors.New("usage: k0s controller|worker|api|kubectl")
	}
	switch args[0] {
	case "api":
		return untilSignal(nil, nil)
	case "kubectl":
		return k0sKubectl(args[1:])
	case "controller", "worker":
		options, err := k0sFlags(args)
		if err != nil {
			return err
		}
		return k0sRun(options)
	}
	return fmt.Errorf("unknown command %q", args[0])
}

func k0sFlags(args []string) (k0sOptions, error) {
	options := k0sOptions{controller: args[0] == "controller"}
	flags := flag.NewFlagSet("k0s "+args[0], flag.ExitOnError)
	flags.StringVar(&options.dataDir, "data-dir", "/var/lib/k0s", "")
	flags.StringVar(&options.kubeletRoot, "kubelet-root-dir", "", "")
	if options.controller {
		flags.String("config", "", "read by nothing here")
		flags.Bool("no-taints", false, "there are none here")
		single := flags.Bool("single", false, "")
		worker := flags.Bool("enable-worker", false, "")
		flags.Parse(args[1:])
		options.kubelet = *single || *worker
	} else {
		flags.StringVar(&options.tokenFile, "token-file", "", "the kubeconfig of the node")
		flags.Parse(args[1:])
		options.kubelet = true
	}
	if options.kubeletRoot == "" {
		options.kubeletRoot = filepath.Join(options.dataDir, "kubelet")
	}
	if flags.NArg() > 0 {
		return options, fmt.Errorf("unknown arguments %q", flags.Args())
	}
	return options, nil
}

func k0sRun(options k0sOptions) error {
	if err := os.MkdirAll(k0sRunDir, 0o755); err != nil {
		return err
	}
	names := []string{}
	if options.controller {
		names = append(names, "etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler")
	}
	if options.kubelet {
		names = append(append(names, "kubelet"), runtimePrograms...)
	}
	bin, err := stage(filepath.Join(options.dataDir, "bin"), names...)
	if err != nil {
		return err
	}
	environment := func(component string) []string { return k0sEnvironment(options.dataDir, component) }
	var components []*component
	if options.controller {
		self, err := os.Executable()
		if err != nil {
			return err
		}
		components = append(controlPlane(options.dataDir, k0sRunDir, bin, environment), k0sChild(options, "k0s-control-api", self, "api"))
	}
	if options.kubelet {
		node, err := k0sNode(options, bin)
		if err != nil {
			return err
		}
		components = append(components, node...)
	}
	return untilSignal(components, serves)
}

func k0sChild(options k0sOptions, name, program string, args ...string) *component {
	return &component{
		name:    name,
		program: program,
		args:    args,
		env:     k0sEnvironment(options.dataDir, name),
		dir:     options.dataDir,
		pidFile: filepath.Join(k0sRunDir, name+".pid"),
	}
}

func k0sNode(options k0sOptions, bin string) ([]*component, error) {
	config := filepath.Join(options.dataDir, "kubelet-config.yaml")
	text, err := os.ReadFile("/etc/kubernetes/kubelet.yaml")
	if err != nil {
		return nil, err
	}
	socket := filepath.Join(k0sRunDir, "containerd.sock")
	text = fmt.Appendf(text, "kubeletCgroups: %s\ncontainerRuntimeEndpoint: unix://%s\n", kubeletCgroups, socket)
	if err := os.WriteFile(config, text, 0o644); err != nil {
		return nil, err
	}
	kubeconfig := filepath.Join(options.dataDir, "kubelet.conf")
	if options.tokenFile != "" {
		token, err := os.ReadFile(options.tokenFile)
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(kubeconfig, token, 0o600); err != nil {
			return nil, err
		}
	}
	kubelet := []string{
		"--cert-dir=" + filepath.Join(options.kubeletRoot, "pki"),
		"--config=" + config,
		"--containerd=" + socket,
		"--kubeconfig=" + kubeconfig,
		"--root-dir=" + options.kubeletRoot,
		"--runtime-cgroups=" + kubeletCgroups,
		"--v=1",
	}
	if options.controller {
		kubelet = append(kubelet, "--node-labels=node.k0sproject.io/role=control-plane")
	}
	slices.Sort(kubelet)
	containerd := k0sChild(options, "containerd", filepath.Join(bin, "containerd"),
		"--root="+filepath.Join(options.dataDir, "containerd"), "--state="+filepath.Join(k0sRunDir, "containerd"),
		"--address="+socket, "--config=/etc/containerd/config.toml")
	containerd.socket = socket
	return []*component{containerd, k0sChild(options, "kubelet", filepath.Join(bin, "kubelet"), kubelet...)}, nil
}

// k0sKubectl runs kubectl as the administrator, while this process keeps its own name, as k0s' does.
func k0sKubectl(args []string) error {
	kubectl := exec.Command(filepath.Join(kubernetes, "kubectl"), args...)
	kubectl.Env = append(os.Environ(), "KUBECONFIG=/var/lib/k0s/pki/admin.conf")
	kubectl.Stdin, kubectl.Stdout, kubectl.Stderr = os.Stdin, os.Stdout, os.Stderr
	err := kubectl.Run()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		os.Exit(failed.ExitCode())
	}
	return err
}
