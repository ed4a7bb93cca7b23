// Command hcp-peers puts Prometheus' and VictoriaMetrics' own code behind pipes and a stopwatch, so that hcp-metrics can be
// compared with them: in what it answers (the two oracles) and in what it costs (the benchmark).
package main

import (
	"fmt"
	"os"
	"runtime/debug"
)

const usage = `Usage: hcp-peers COMMAND

  relabel-oracle   reads rules and label sets as JSON lines, answers with Prometheus' verdicts
  parse-oracle     reads expositions as JSON lines, answers with what Prometheus' parsers yield
  bench            measures both peers on one core; hcp-peers bench --help
  version          the versions of the peers
`

func main() {
	if len(os.Args) < 2 {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	var err error
	switch command, args := os.Args[1], os.Args[2:]; command {
	case "relabel-oracle":
		err = serve(os.Stdin, os.Stdout, answerRelabel)
	case "parse-oracle":
		err = serve(os.Stdin, os.Stdout, answerParse)
	case "bench":
		err = bench(args)
	case "version", "--version":
		fmt.Println(versions())
	default:
		err = fmt.Errorf("there is no command %q\n%s", command, usage)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "hcp-peers:", err)
		os.Exit(1)
	}
}

// versions names the peers as go.mod pins them.
func versions() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown: built without module support"
	}
	text := ""
	for _, module := range info.Deps {
		switch module.Path {
		case "github.com/prometheus/prometheus":
			text += "prometheus " + module.Version + "\n"
		case "github.com/VictoriaMetrics/VictoriaMetrics":
			text += "victoriametrics " + module.Version + "\n"
		}
	}
	return text + info.GoVersion
}
