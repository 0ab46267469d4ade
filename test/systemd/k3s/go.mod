// The versions are those of ../../cluster/kubernetes: built with -modfile.
module subpathfix.test/k3s

go 1.23.0
