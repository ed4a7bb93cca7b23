// Reads a JSON string from each line of its input, and answers on a line what Go makes of it: the oracle of the tests of
// `pausedUntil`.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"time"
	"unicode/utf8"
)

// What a text means.
type answer struct {
	Bool     *bool `json:"bool"`     // strconv.ParseBool
	Second   int64 `json:"second"`   // time.Parse(time.RFC3339), since 1970
	Nano     int   `json:"nano"`     // and the rest of it
	Time     bool  `json:"time"`     // whether that is a time
	Admitted bool  `json:"admitted"` // by the CRD's rule, which is one of RE2 and of a length in characters
}

var dated = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}.*$`)

func read(text string) (a answer) {
	if value, err := strconv.ParseBool(text); err == nil {
		a.Bool = &value
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		a.Time, a.Second, a.Nano = true, at.Unix(), at.Nanosecond()
	}
	switch text {
	case "true", "false", "True", "False":
		a.Admitted = true
	default:
		a.Admitted = dated.MatchString(text) && utf8.RuneCountInString(text) <= 35
	}
	return a
}

func run() error {
	lines := bufio.NewScanner(os.Stdin)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	encoder := json.NewEncoder(out)
	for lines.Scan() {
		var text string
		if err := json.Unmarshal(lines.Bytes(), &text); err != nil {
			return err
		}
		if err := encoder.Encode(read(text)); err != nil {
			return err
		}
	}
	return lines.Err()
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
