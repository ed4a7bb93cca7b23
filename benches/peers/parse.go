package main

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/prometheus/prometheus/model/exemplar"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
)

const (
	textType        = "text/plain; version=0.0.4"
	openMetricsType = "application/openmetrics-text; version=1.0.0"
)

// parseRequest is an exposition.
type parseRequest struct {
	// Format is "text" or "openmetrics".
	Format string `json:"format"`
	// Body is the exposition, in base64.
	Body []byte `json:"body"`
}

// parseAnswer is what Prometheus' parser yields, up to its first error.
type parseAnswer struct {
	Error  string        `json:"error,omitempty"`
	Panic  string        `json:"panic,omitempty"`
	Series []parseSeries `json:"series,omitempty"`
	// Metadata in its order.
	Metadata []parseMetadata `json:"metadata,omitempty"`
}

// parseMetadata is a HELP, TYPE or UNIT line.
type parseMetadata struct {
	// Before says how many series come before it.
	Before int `json:"before"`
	// Entry is "help", "type" or "unit".
	Entry string `json:"entry"`
	// Name as it is written, with its escapes.
	Name string `json:"name"`
	// Text is the help, the type or the unit.
	Text string `json:"text"`
}

type parseSeries struct {
	// Labels as Prometheus sorts and normalises them; duplicates stay.
	Labels [][2]string `json:"labels"`
	// Lossy says that a name or value is not UTF-8, which JSON cannot show.
	Lossy bool `json:"lossy,omitempty"`
	// Bits of the value, in decimal: JSON's numbers are too short.
	Bits string `json:"bits"`
	// Timestamp in milliseconds.
	Timestamp *int64         `json:"timestamp,omitempty"`
	Exemplar  *parseExemplar `json:"exemplar,omitempty"`
}

type parseExemplar struct {
	Labels    [][2]string `json:"labels"`
	Bits      string      `json:"bits"`
	Timestamp *int64      `json:"timestamp,omitempty"`
}

func answerParse(request *parseRequest) (answer parseAnswer) {
	defer func() {
		if cause := recover(); cause != nil {
			answer.Panic = fmt.Sprint(cause)
		}
	}()
	contentType := textType
	if request.Format == "openmetrics" {
		contentType = openMetricsType
	}
	parser, err := textparse.New(request.Body, contentType, nil, textparse.ParserOptions{})
	if err != nil {
		return parseAnswer{Error: err.Error()}
	}
	for {
		entry, err := parser.Next()
		if err == io.EOF {
			return answer
		}
		if err != nil {
			answer.Error = err.Error()
			return answer
		}
		before := len(answer.Series)
		switch entry {
		case textparse.EntrySeries:
			answer.Series = append(answer.Series, seriesOf(parser))
		case textparse.EntryHelp:
			name, text := parser.Help()
			answer.Metadata = append(answer.Metadata, metadataOf(before, "help", name, string(text)))
		case textparse.EntryType:
			name, text := parser.Type()
			answer.Metadata = append(answer.Metadata, metadataOf(before, "type", name, string(text)))
		case textparse.EntryUnit:
			name, text := parser.Unit()
			answer.Metadata = append(answer.Metadata, metadataOf(before, "unit", name, string(text)))
		}
	}
}

func seriesOf(parser textparse.Parser) parseSeries {
	_, timestamp, value := parser.Series()
	series := parseSeries{Bits: bitsOf(value)}
	if timestamp != nil {
		copied := *timestamp
		series.Timestamp = &copied
	}
	var set labels.Labels
	parser.Labels(&set)
	series.Labels, series.Lossy = pairsOf(set)
	var found exemplar.Exemplar
	if parser.Exemplar(&found) {
		pairs, lossy := pairsOf(found.Labels)
		series.Lossy = series.Lossy || lossy
		series.Exemplar = &parseExemplar{Labels: pairs, Bits: bitsOf(found.Value)}
		if found.HasTs {
			series.Exemplar.Timestamp = &found.Ts
		}
	}
	return series
}

func metadataOf(before int, entry string, name []byte, text string) parseMetadata {
	return parseMetadata{Before: before, Entry: entry, Name: string(name), Text: text}
}

func pairsOf(set labels.Labels) (pairs [][2]string, lossy bool) {
	pairs = make([][2]string, 0, set.Len())
	set.Range(func(label labels.Label) {
		lossy = lossy || !utf8.ValidString(label.Name) || !utf8.ValidString(label.Value)
		pairs = append(pairs, [2]string{label.Name, label.Value})
	})
	return pairs, lossy
}

func bitsOf(value float64) string {
	return strconv.FormatUint(math.Float64bits(value), 10)
}
