package main

import (
	"fmt"
	"os"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// pinned says in the environment that pinTo has done its work.
const pinned = "HCP_PEERS_PINNED=1"

// pinTo starts this program anew on one core: only what is set before the runtime starts holds for all its threads.
func pinTo(cpu int) error {
	if os.Getenv("HCP_PEERS_PINNED") != "" {
		return nil
	}
	runtime.LockOSThread()
	var allowed, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &allowed); err != nil {
		return fmt.Errorf("cannot read the allowed cores: %w", err)
	}
	for candidate := range len(allowed) * 64 {
		if allowed.IsSet(candidate) && (cpu < 0 || candidate == cpu) {
			one.Zero()
			one.Set(candidate)
		}
	}
	if one.Count() == 0 {
		return fmt.Errorf("--cpu %d: not among the allowed cores", cpu)
	}
	if err := unix.SchedSetaffinity(0, &one); err != nil {
		return fmt.Errorf("cannot stay on one core: %w", err)
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	return syscall.Exec(self, os.Args, append(os.Environ(), pinned, "GOMAXPROCS=1"))
}

// worked is how long the core has worked for this process.
func worked() time.Duration {
	var spent unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &spent); err != nil {
		panic(err) // Linux has that clock.
	}
	return time.Duration(spent.Nano())
}
