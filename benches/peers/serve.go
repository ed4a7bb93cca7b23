package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
)

// serve answers each line of JSON with one line of JSON, in order, until the input ends.
//
// Output is flushed only when no further request waits: a caller may write many requests before it reads.
func serve[Request, Answer any](in io.Reader, out io.Writer, answer func(*Request) Answer) error {
	reader := bufio.NewReaderSize(in, 1<<20)
	writer := bufio.NewWriterSize(out, 1<<20)
	encoder := json.NewEncoder(writer)
	encoder.SetEscapeHTML(false)
	for number := 1; ; number++ {
		line, err := readLine(reader)
		if err == io.EOF {
			return writer.Flush()
		}
		if err != nil {
			return err
		}
		var request Request
		if err := json.Unmarshal(line, &request); err != nil {
			return fmt.Errorf("line %d: %w", number, err)
		}
		if err := encoder.Encode(answer(&request)); err != nil {
			return err
		}
		if reader.Buffered() == 0 {
			if err := writer.Flush(); err != nil {
				return err
			}
		}
	}
}

// readLine reads one line of any length; an unfinished last line counts.
func readLine(reader *bufio.Reader) ([]byte, error) {
	line, err := reader.ReadBytes('\n')
	if err == io.EOF && len(line) > 0 {
		return line, nil
	}
	return line, err
}
