//go:build !linux

package main

import (
	"runtime"
	"time"
)

var begun = time.Now()

// pinTo can only keep to one core at a time where there is no affinity.
func pinTo(int) error {
	runtime.GOMAXPROCS(1)
	return nil
}

// worked has only the clock on the wall.
func worked() time.Duration { return time.Since(begun) }
