//go:build tools

package tools

import _ "k8s.io/node-problem-detector/cmd/nodeproblemdetector"
