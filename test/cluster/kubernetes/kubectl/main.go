// Command kubectl is kubectl alone.
package main

import (
	"os"

	"k8s.io/component-base/cli"
	kubectl "k8s.io/kubectl/pkg/cmd"

	// Rotation of the JSON log format and metrics of client-go, as upstream's main has them.
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
)

func main() { os.Exit(cli.Run(kubectl.NewDefaultKubectlCommand())) }
