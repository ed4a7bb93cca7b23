package main

import (
	"bytes"
	"errors"
	"io"

	"github.com/VictoriaMetrics/VictoriaMetrics/lib/bytesutil"
	"github.com/VictoriaMetrics/VictoriaMetrics/lib/prompb"
	"github.com/VictoriaMetrics/VictoriaMetrics/lib/promrelabel"
	"github.com/VictoriaMetrics/VictoriaMetrics/lib/protoparser/prometheus"
	"github.com/VictoriaMetrics/VictoriaMetrics/lib/protoparser/protoparserutil"
)

// vmRelabel applies the rules to label sets that are already there; rules change labels in place, so each set is copied first.
func vmRelabel(load *workload) (pass, error) {
	rules, err := promrelabel.ParseRelabelConfigsData(load.rules)
	if err != nil {
		return nil, err
	}
	sets, err := vmSets(load)
	if err != nil {
		return nil, err
	}
	var work []prompb.Label
	return func() (seen tally, _ error) {
		for _, set := range sets {
			work = append(work[:0], set...)
			work = rules.Apply(work, 0)
			seen.count(len(work) > 0)
		}
		return seen, nil
	}, nil
}

// vmFull parses and relabels in blocks of 64 KiB of whole lines, as the stream mode of a scrape does, on one core.
func vmFull(load *workload) (pass, error) {
	if len(load.payload) == 0 {
		return nil, errors.New("needs --payload")
	}
	rules, err := promrelabel.ParseRelabelConfigsData(load.rules)
	if err != nil {
		return nil, err
	}
	var block, tail []byte
	var rows prometheus.Rows
	var work []prompb.Label
	return func() (seen tally, err error) {
		reader := bytes.NewReader(load.payload)
		for {
			block, tail, err = protoparserutil.ReadLinesBlock(reader, block, tail)
			if errors.Is(err, io.EOF) {
				return seen, nil
			}
			if err != nil {
				return seen, err
			}
			rows.UnmarshalWithErrLogger(bytesutil.ToUnsafeString(block), func(text string) { err = errors.New(text) })
			if err != nil {
				return seen, err
			}
			for i := range rows.Rows {
				work = appendLabels(work[:0], &rows.Rows[i])
				work = rules.Apply(work, 0)
				seen.count(len(work) > 0)
			}
		}
	}, nil
}

func vmSets(load *workload) (sets [][]prompb.Label, err error) {
	for _, pairs := range load.sets {
		set := make([]prompb.Label, len(pairs))
		for i, pair := range pairs {
			set[i] = prompb.Label{Name: pair[0], Value: pair[1]}
		}
		sets = append(sets, set)
	}
	var rows prometheus.Rows
	rows.UnmarshalWithErrLogger(string(load.payload), func(text string) { err = errors.New(text) })
	for i := range rows.Rows {
		sets = append(sets, appendLabels(nil, &rows.Rows[i]))
	}
	return sets, err
}

func appendLabels(set []prompb.Label, row *prometheus.Row) []prompb.Label {
	set = append(set, prompb.Label{Name: "__name__", Value: row.Metric})
	for _, tag := range row.Tags {
		set = append(set, prompb.Label{Name: tag.Key, Value: tag.Value})
	}
	return set
}
