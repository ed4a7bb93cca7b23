package main

import (
	"os"
	"path/filepath"
	"testing"
)

// The rules are the documentation's; what each peer keeps of this payload is known from le's two spellings.
const exposition = `# TYPE apiserver_request_duration_seconds histogram
apiserver_request_duration_seconds_bucket{le="0.1"} 1
apiserver_request_duration_seconds_bucket{le="0.15"} 1
apiserver_request_duration_seconds_bucket{le="3"} 1
apiserver_request_duration_seconds_bucket{le="+Inf"} 1
# TYPE etcd_server_up gauge
etcd_server_up 1
up 1
`

func TestTheCasesAgree(t *testing.T) {
	payload := filepath.Join(t.TempDir(), "payload.prom")
	if err := os.WriteFile(payload, []byte(exposition), 0o600); err != nil {
		t.Fatal(err)
	}
	for le, kept := range map[string]int{"raw": 3, "prometheus3": 4} {
		load, err := readWorkload("testdata/seed-kube-apiserver.yaml", payload, "", le)
		if err != nil {
			t.Fatal(err)
		}
		for _, known := range cases {
			want := tally{Kept: kept, Dropped: 6 - kept}
			if known.name == "vm-relabel" || known.name == "vm-full" {
				want = tally{Kept: 3, Dropped: 3}
			}
			run, err := known.prepare(load)
			if err != nil {
				t.Fatalf("%s: %v", known.name, err)
			}
			for range 2 {
				if got, err := run(); err != nil || got != want {
					t.Errorf("%s, le %s: %+v, %v; want %+v", known.name, le, got, err, want)
				}
			}
		}
	}
}
