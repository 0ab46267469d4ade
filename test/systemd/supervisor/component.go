package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const respawnAfter = 5 * time.Second

// A component is a program that is kept running: a child in a process group of its own, whose lines are logged.
type component struct {
	name string
	// What is executed, and its arguments without the name.
	program string
	args    []string
	env     []string
	dir     string
	// Where its pid is kept, so that the next supervisor can end one that this one has left.
	pidFile string
	// The socket where it can be reached once it is there; none, where empty.
	socket string
	// How long after SIGTERM it gets SIGKILL; never, where zero.
	patience time.Duration

	stop, done chan struct{}
}

// start returns once the program runs; from then on it is started again whenever it ends.
func (c *component) start() error {
	c.endPredecessor()
	child, err := c.spawn()
	if err != nil {
		return fmt.Errorf("%s: %w", c.name, err)
	}
	c.stop, c.done = make(chan struct{}), make(chan struct{})
	go c.keep(child)
	return nil
}

// end asks the program to end, and waits for that.
func (c *component) end() {
	close(c.stop)
	<-c.done
}

func (c *component) spawn() (*exec.Cmd, error) {
	child := exec.Command(c.program, c.args...)
	child.Env, child.Dir = c.env, c.dir
	child.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stdout, err := child.StdoutPipe()
	if err != nil {
		return nil, err
	}
	stderr, err := child.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := child.Start(); err != nil {
		return nil, err
	}
	go logLines(c.name, "stdout", stdout)
	go logLines(c.name, "stderr", stderr)
	return child, os.WriteFile(c.pidFile, []byte(strconv.Itoa(child.Process.Pid)+"\n"), 0o644)
}

func (c *component) keep(child *exec.Cmd) {
	defer close(c.done)
	defer os.Remove(c.pidFile)
	for {
		ended := make(chan error, 1)
		go func() { ended <- child.Wait() }()
		select {
		case <-c.stop:
			c.terminate(child, ended)
			return
		case err := <-ended:
			record("warning", fmt.Sprintf("ended: %v", err), c.name, "")
		}
		select {
		case <-c.stop:
			return
		case <-time.After(respawnAfter):
		}
		next, err := c.spawn()
		if err != nil {
			record("warning", fmt.Sprintf("cannot be started again: %v", err), c.name, "")
			return
		}
		child = next
	}
}

func (c *component) terminate(child *exec.Cmd, ended <-chan error) {
	child.Process.Signal(syscall.SIGTERM)
	if c.patience > 0 {
		kill := time.AfterFunc(c.patience, func() { child.Process.Kill() })
		defer kill.Stop()
	}
	<-ended
}

// endPredecessor ends what a killed supervisor has left, told by its program and by being managed.
func (c *component) endPredecessor() {
	text, err := os.ReadFile(c.pidFile)
	if err != nil {
		return
	}
	pid := strings.TrimSpace(string(text))
	for range 50 {
		command, _ := os.ReadFile(filepath.Join("/proc", pid, "cmdline"))
		env, _ := os.ReadFile(filepath.Join("/proc", pid, "environ"))
		if !strings.HasPrefix(string(command), c.program+"\x00") || !strings.Contains(string(env), managed) {
			return
		}
		if number, err := strconv.Atoi(pid); err == nil {
			syscall.Kill(number, syscall.SIGTERM)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// untilSignal starts the components in order, each when the one before is ready, and ends them in reverse on SIGTERM
// or SIGINT.
func untilSignal(components []*component, ready func(*component) bool) error {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	var running []*component
	defer func() {
		for i := len(running) - 1; i >= 0; i-- {
			running[i].end()
		}
	}()
	for _, each := range components {
		if err := each.start(); err != nil {
			return err
		}
		running = append(running, each)
		for !ready(each) || !listens(each.socket) {
			select {
			case <-signals:
				return nil
			case <-time.After(100 * time.Millisecond):
			}
		}
	}
	<-signals
	return nil
}

func listens(socket string) bool {
	if socket == "" {
		return true
	}
	connection, err := net.Dial("unix", socket)
	if err == nil {
		connection.Close()
	}
	return err == nil
}

func logLines(component, stream string, from io.Reader) {
	lines := bufio.NewReader(from)
	for {
		line, err := lines.ReadString('\n')
		if line = strings.TrimSuffix(line, "\n"); line != "" {
			record("info", line, component, stream)
		}
		if err != nil {
			return
		}
	}
}

// record writes a line as logrus, k0s' logger, does.
func record(level, message, component, stream string) {
	line := fmt.Sprintf("time=%q level=%s msg=%q component=%s", time.Now().Format(time.DateTime), level, message, component)
	if stream != "" {
		line += " stream=" + stream
	}
	fmt.Fprintln(os.Stderr, line)
}
