//go:build !linux

package main

import "runtime"

// pinTo can only keep to one core at a time where there is no affinity.
func pinTo(int) error {
	runtime.GOMAXPROCS(1)
	return nil
}
