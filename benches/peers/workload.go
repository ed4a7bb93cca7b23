package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// workload is what both peers are given.
type workload struct {
	// rules in Prometheus' YAML.
	rules []byte
	// payload is the exposition as VictoriaMetrics reads it; empty if there are only label sets.
	payload []byte
	// forPrometheus is the exposition as Prometheus reads it: without TYPE lines it leaves le and quantile alone.
	forPrometheus []byte
	// sets are label sets given in place of an exposition.
	sets [][][2]string
}

func readWorkload(rules, payload, prebuilt, le string) (*workload, error) {
	if rules == "" || (payload == "") == (prebuilt == "") {
		return nil, errors.New("--rules and one of --payload and --labels are needed")
	}
	load := new(workload)
	var err error
	if load.rules, err = os.ReadFile(rules); err != nil {
		return nil, err
	}
	if prebuilt != "" {
		load.sets, err = readSets(prebuilt)
		return load, err
	}
	if load.payload, err = os.ReadFile(payload); err != nil {
		return nil, err
	}
	switch le {
	case "prometheus3":
		load.forPrometheus = load.payload
	case "raw":
		load.forPrometheus = withoutTypes(load.payload)
	default:
		return nil, fmt.Errorf("--le %q: either prometheus3 or raw", le)
	}
	return load, nil
}

func readSets(name string) ([][][2]string, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var sets [][][2]string
	for decoder := json.NewDecoder(file); ; {
		var set [][2]string
		if err := decoder.Decode(&set); err == io.EOF {
			return sets, nil
		} else if err != nil {
			return nil, fmt.Errorf("%s: label set %d: %w", name, len(sets)+1, err)
		}
		sets = append(sets, set)
	}
}

func withoutTypes(payload []byte) []byte {
	left := make([]byte, 0, len(payload))
	for line := range bytes.Lines(payload) {
		if !bytes.HasPrefix(line, []byte("# TYPE ")) {
			left = append(left, line...)
		}
	}
	return left
}
