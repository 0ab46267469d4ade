package main

import (
	"crypto/tls"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// Where the programs are that the real ones would carry in themselves or pull.
const (
	kubernetes = "/opt/kubernetes"
	apiServer  = "https://localhost:6443"
)

var client = http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}

// controlPlane returns the components of a control plane, whose keys and users are in the pki directory below. The
// programs are those of a directory; environment is asked by a component's name.
func controlPlane(dataDir, runDir, bin string, environment func(name string) []string) []*component {
	pki := filepath.Join(dataDir, "pki")
	admin := "--kubeconfig=" + filepath.Join(pki, "admin.conf")
	flags := []struct {
		name     string
		patience time.Duration
		args     []string
	}{
		{"etcd", 0, []string{
			"--data-dir=" + filepath.Join(dataDir, "etcd"),
			"--listen-client-urls=http://127.0.0.1:2379",
			"--advertise-client-urls=http://127.0.0.1:2379",
			"--unsafe-no-fsync",
		}},
		// It would wait for the watches of other nodes to end.
		{"kube-apiserver", 2 * time.Second, []string{
			"--etcd-servers=http://127.0.0.1:2379",
			"--tls-cert-file=" + filepath.Join(pki, "server.crt"),
			"--tls-private-key-file=" + filepath.Join(pki, "server.key"),
			"--token-auth-file=" + filepath.Join(pki, "tokens.csv"),
			"--authorization-mode=Node,RBAC",
			"--enable-admission-plugins=NodeRestriction",
			"--service-account-issuer=https://kubernetes.default.svc",
			"--service-account-signing-key-file=" + filepath.Join(pki, "sa.key"),
			"--service-account-key-file=" + filepath.Join(pki, "sa.pub"),
			"--service-cluster-ip-range=10.96.0.0/16",
			"--endpoint-reconciler-type=none",
			"--kubelet-preferred-address-types=InternalIP",
			"--allow-privileged=true",
		}},
		{"kube-controller-manager", 0, []string{
			admin,
			"--leader-elect=false",
			"--service-account-private-key-file=" + filepath.Join(pki, "sa.key"),
			"--root-ca-file=" + filepath.Join(pki, "server.crt"),
			// How soon a node's condition becomes its taint: 5 s otherwise.
			"--node-monitor-period=1s",
		}},
		{"kube-scheduler", 0, []string{admin, "--leader-elect=false"}},
	}
	var components []*component
	for _, each := range flags {
		components = append(components, &component{
			name:     each.name,
			program:  filepath.Join(bin, each.name),
			args:     each.args,
			env:      environment(each.name),
			dir:      dataDir,
			pidFile:  filepath.Join(runDir, each.name+".pid"),
			patience: each.patience,
		})
	}
	return components
}

// serves says whether a component that has been started can be used: without the API server the others give up.
func serves(component *component) bool {
	if component.name != "kube-apiserver" {
		return true
	}
	response, err := client.Get(apiServer + "/readyz")
	if err != nil {
		return false
	}
	response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// onlyControlPlane is the control plane of a node whose distribution starts kubelet alone.
func onlyControlPlane(args []string) error {
	flags := flag.NewFlagSet("control-plane", flag.ExitOnError)
	dataDir := flags.String("data-dir", "", "directory of keys, users and data")
	flags.Parse(args)
	if *dataDir == "" || flags.NArg() > 0 {
		return fmt.Errorf("usage: control-plane --data-dir DIR")
	}
	bin, err := stage(filepath.Join(*dataDir, "bin"), "etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler")
	if err != nil {
		return err
	}
	inherited := func(string) []string { return os.Environ() }
	return untilSignal(controlPlane(*dataDir, *dataDir, bin, inherited), serves)
}

// stage puts programs into a directory, as the real ones unpack theirs.
func stage(bin string, names ...string) (string, error) {
	if err := os.MkdirAll(bin, 0o755); err != nil {
		return "", err
	}
	for _, name := range names {
		source, target := filepath.Join(kubernetes, name), filepath.Join(bin, name)
		for _, dir := range []string{"/usr/bin", "/usr/sbin"} {
			if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
				source = filepath.Join(dir, name)
			}
		}
		if err := os.Remove(target); err != nil && !os.IsNotExist(err) {
			return "", err
		}
		if err := os.Link(source, target); err != nil {
			return "", err
		}
	}
	return bin, nil
}
