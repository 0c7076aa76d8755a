package outside

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// fixedHosts are the hosts that some clients cannot be talked out of.
const fixedHosts = "127.0.0.1 localhost\n::1 localhost\n127.0.0.1 login.microsoftonline.com graph.microsoft.com\n"

// unshared runs one test of this binary in a process that has a network of its
// own, with nothing but loopback, and mounts of its own. It needs root or user
// namespaces; without either it says so.
func unshared(t *testing.T, test, results string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// The child dies with the thread that made it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	// Root may lack the right to make namespaces, in a container for example; then
	// it may have that in a user namespace like everybody else.
	var out []byte
	for _, asUser := range []bool{os.Geteuid() != 0, true} {
		command := exec.CommandContext(t.Context(), self, "-test.run=^"+test+"$", "-test.v", "-test.count=1")
		command.Env = append(os.Environ(), insideVariable+"="+results)
		command.WaitDelay = 5 * time.Second
		command.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
		if asUser {
			command.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
			command.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
			command.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
		}
		if out, err = command.CombinedOutput(); !errors.Is(err, syscall.EPERM) {
			break
		}
	}
	t.Logf("in a namespace:\n%s", out)
	var ended *exec.ExitError
	switch {
	case errors.As(err, &ended):
		t.Errorf("in a namespace: %v", err)
	case err != nil:
		unavailable(t, "no namespaces: %v", err)
	}
}

// furnish brings loopback up and puts the hosts file in place.
func furnish(t *testing.T) {
	t.Helper()
	if err := loopbackUp(); err != nil {
		unavailable(t, "%v", err)
	}
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		unavailable(t, "mounts cannot be made private here: %v", err)
	}
	hosts := filepath.Join(t.TempDir(), "hosts")
	if err := os.WriteFile(hosts, []byte(fixedHosts), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount(hosts, "/etc/hosts", "", syscall.MS_BIND, ""); err != nil {
		unavailable(t, "a file cannot be mounted here: %v", err)
	}
	if addresses, err := net.DefaultResolver.LookupHost(t.Context(), "graph.microsoft.com"); err != nil || len(addresses) != 1 || addresses[0] != "127.0.0.1" {
		t.Fatalf("the hosts file is not in force: %v, %v", addresses, err)
	}
}

// loopbackUp does what "ip link set lo up" does.
func loopbackUp() error {
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer func() { _ = syscall.Close(socket) }() // it was only asked
	var request struct {
		name  [syscall.IFNAMSIZ]byte
		flags uint16
		_     [22]byte
	}
	copy(request.name[:], "lo")
	request.flags = syscall.IFF_UP | syscall.IFF_RUNNING
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(socket), syscall.SIOCSIFFLAGS, uintptr(unsafe.Pointer(&request))); errno != 0 {
		return fmt.Errorf("bringing loopback up: %w", errno)
	}
	return nil
}
