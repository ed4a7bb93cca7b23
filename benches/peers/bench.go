package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"runtime"
	"sort"
	"strings"
	"time"
)

// pass is one run over the whole workload.
type pass func() (tally, error)

// tally is what became of the series; of equal rules both peers must say the same.
type tally struct {
	Kept    int `json:"kept"`
	Dropped int `json:"dropped"`
}

// cases are what can be measured; see the files of the peers.
var cases = []struct {
	name    string
	prepare func(*workload) (pass, error)
}{
	{"prometheus-relabel", prometheusRelabel},
	{"prometheus-built", prometheusBuilt},
	{"prometheus-full", prometheusFull},
	{"prometheus-warm", prometheusWarm},
	{"vm-relabel", vmRelabel},
	{"vm-full", vmFull},
}

// measurement is a line of output. Times are medians of the rounds, of what the core has worked for this process: on a
// machine that others use, too, the clock on the wall measures the others.
type measurement struct {
	Case    string `json:"case"`
	Rounds  int    `json:"rounds"`
	Passes  int    `json:"passes_per_round"`
	Payload int    `json:"payload_bytes"`
	Series  int    `json:"series"`
	tally
	NsPerSeries    float64 `json:"ns_per_series"`
	BytesPerSecond float64 `json:"bytes_per_second"`
	// Spread is (slowest - fastest) / median.
	Spread              float64 `json:"spread"`
	AllocsPerSeries     float64 `json:"allocs_per_series"`
	AllocBytesPerSeries float64 `json:"alloc_bytes_per_series"`
}

// minimumRound is how long a round takes at least: shorter ones measure the clock and the scheduler.
const minimumRound = 200 * time.Millisecond

func bench(args []string) error {
	var names []string
	for _, known := range cases {
		names = append(names, known.name)
	}
	flags := flag.NewFlagSet("hcp-peers bench", flag.ContinueOnError)
	chosen := flags.String("case", "all", "what to measure, with commas between: "+strings.Join(names, ", "))
	rules := flags.String("rules", "", "file with relabel rules: a list, in Prometheus' YAML")
	payload := flags.String("payload", "", "file with the exposition, text 0.0.4")
	prebuilt := flags.String("labels", "", "file with label sets instead, for the relabel cases: JSON lines [[name, value], ..]")
	le := flags.String("le", "prometheus3", "how le and quantile look to Prometheus' rules: prometheus3, or raw (as to VictoriaMetrics)")
	expect := flags.String("expect", "", "fail unless each case keeps and drops so many: KEPT/DROPPED")
	rounds := flags.Int("rounds", 7, "measured rounds, after one that warms up")
	cpu := flags.Int("cpu", -1, "the core to run on; -1 is the last")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	if err := pinTo(*cpu); err != nil {
		return err
	}
	load, err := readWorkload(*rules, *payload, *prebuilt, *le)
	if err != nil {
		return err
	}
	if *chosen != "all" {
		names = strings.Split(*chosen, ",")
	}
	for _, name := range names {
		measured, err := measureCase(name, load, *rounds)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		got := fmt.Sprintf("%d/%d", measured.Kept, measured.Dropped)
		if *expect != "" && *expect != got {
			return fmt.Errorf("%s: kept/dropped %s, expected %s", name, got, *expect)
		}
		if err := json.NewEncoder(os.Stdout).Encode(measured); err != nil {
			return err
		}
	}
	return nil
}

func measureCase(name string, load *workload, rounds int) (*measurement, error) {
	for _, known := range cases {
		if known.name == name {
			run, err := known.prepare(load)
			if err != nil {
				return nil, err
			}
			return measure(name, run, len(load.payload), rounds)
		}
	}
	return nil, errors.New("there is no such case")
}

func measure(name string, run pass, payload, rounds int) (*measurement, error) {
	warm := worked()
	seen, err := run()
	if err != nil {
		return nil, err
	}
	passes := 1 + int(minimumRound/max(worked()-warm, time.Microsecond))
	series := seen.Kept + seen.Dropped
	if series == 0 || rounds < 1 {
		return nil, errors.New("no series or no rounds: nothing to measure")
	}
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	times := make([]float64, rounds)
	for round := range times {
		start := worked()
		for range passes {
			again, err := run()
			if err != nil {
				return nil, err
			}
			if again != seen {
				return nil, fmt.Errorf("counted %+v, then %+v", seen, again)
			}
		}
		times[round] = (worked() - start).Seconds() / float64(passes)
	}
	runtime.ReadMemStats(&after)
	sort.Float64s(times)
	median := (times[(rounds-1)/2] + times[rounds/2]) / 2
	total := float64(series) * float64(passes*rounds)
	return &measurement{
		Case: name, Rounds: rounds, Passes: passes, Payload: payload, Series: series, tally: seen,
		NsPerSeries:         rounded(median * 1e9 / float64(series)),
		BytesPerSecond:      math.Round(float64(payload) / median),
		Spread:              rounded((times[rounds-1] - times[0]) / median),
		AllocsPerSeries:     rounded(float64(after.Mallocs-before.Mallocs) / total),
		AllocBytesPerSeries: rounded(float64(after.TotalAlloc-before.TotalAlloc) / total),
	}, nil
}

func rounded(figure float64) float64 { return math.Round(figure*1000) / 1000 }
