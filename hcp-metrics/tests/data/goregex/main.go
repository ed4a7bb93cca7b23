// Goregex says what Go's regexp makes of expressions, wrapped the way Prometheus wraps them.
//
//	go run . > ../go-regex.json    the corpus: every expression of patterns.txt against every value of values.txt
//	go run . serve                 JSON lines in, {"pattern", "values"}; JSON lines out, one case each
//
// A line that begins with a double quote is a Go string, any other stands for itself; empty lines and lines that begin
// with "# " are skipped.
package main

import (
	"bufio"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"
	"regexp"
	"runtime"
	"strconv"
	"strings"
)

//go:embed patterns.txt
var patterns string

//go:embed values.txt
var values string

// A question is an expression and what to try it on.
type question struct {
	Pattern string   `json:"pattern"`
	Values  []string `json:"values"`
}

// A verdict is the error, or the names of the groups and, by the index of the value, the ends of every group where the
// expression matched; a group that took no part has -1.
type verdict struct {
	Pattern string        `json:"pattern"`
	Error   string        `json:"error,omitempty"`
	Names   []string      `json:"names,omitempty"`
	Matches map[int][]int `json:"matches,omitempty"`
}

func main() {
	log.SetFlags(0)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	if len(os.Args) > 1 && os.Args[1] == "serve" {
		serve(os.Stdin, out)
		return
	}
	tried := lines(values)
	fmt.Fprintf(out, "{\"go\": %q,\n\"values\": %s,\n\"cases\": [\n", runtime.Version(), encode(tried))
	for i, pattern := range lines(patterns) {
		if i > 0 {
			fmt.Fprintln(out, ",")
		}
		fmt.Fprintf(out, "%s", encode(judge(question{pattern, tried})))
	}
	fmt.Fprintln(out, "\n]}")
}

func judge(q question) verdict {
	v := verdict{Pattern: q.Pattern}
	re, err := regexp.Compile("^(?s:" + q.Pattern + ")$")
	if err != nil {
		v.Error = err.Error()
		return v
	}
	v.Names = re.SubexpNames()
	v.Matches = map[int][]int{}
	for i, value := range q.Values {
		if ends := re.FindStringSubmatchIndex(value); ends != nil {
			v.Matches[i] = ends
		}
	}
	return v
}

func serve(in io.Reader, out *bufio.Writer) {
	decoder := json.NewDecoder(bufio.NewReader(in))
	for {
		var q question
		if err := decoder.Decode(&q); err == io.EOF {
			return
		} else if err != nil {
			log.Fatal(err)
		}
		fmt.Fprintf(out, "%s\n", encode(judge(q)))
	}
}

func lines(text string) []string {
	var found []string
	for _, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		if line == "" || strings.HasPrefix(line, "# ") {
			continue
		}
		if strings.HasPrefix(line, `"`) {
			unquoted, err := strconv.Unquote(line)
			if err != nil {
				log.Fatalf("%s: %v", line, err)
			}
			line = unquoted
		}
		found = append(found, line)
	}
	return found
}

func encode(v any) string {
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		log.Fatal(err)
	}
	return strings.TrimSuffix(text.String(), "\n")
}
