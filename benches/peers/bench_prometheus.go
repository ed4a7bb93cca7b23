package main

import (
	"errors"
	"io"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/relabel"
	"github.com/prometheus/prometheus/model/textparse"
	"go.yaml.in/yaml/v2"
)

// prometheusRelabel applies the rules to label sets that are already there, with one Builder, as a scrape does with each
// series it has not seen before.
func prometheusRelabel(load *workload) (pass, error) {
	rules, err := prometheusRules(load.rules)
	if err != nil {
		return nil, err
	}
	sets, err := prometheusSets(load)
	if err != nil {
		return nil, err
	}
	builder := labels.NewBuilder(labels.EmptyLabels())
	return func() (seen tally, _ error) {
		for _, set := range sets {
			seen.count(prometheusKeeps(builder, set, rules))
		}
		return seen, nil
	}, nil
}

// prometheusBuilt is prometheusRelabel with the labels that are left written out, which rules that change labels are for.
func prometheusBuilt(load *workload) (pass, error) {
	rules, err := prometheusRules(load.rules)
	if err != nil {
		return nil, err
	}
	sets, err := prometheusSets(load)
	if err != nil {
		return nil, err
	}
	builder := labels.NewBuilder(labels.EmptyLabels())
	return func() (seen tally, _ error) {
		for _, set := range sets {
			seen.count(prometheusKeeps(builder, set, rules) && !builder.Labels().IsEmpty())
		}
		return seen, nil
	}, nil
}

// prometheusFull parses and relabels every series anew: the first scrape of a target.
func prometheusFull(load *workload) (pass, error) {
	rules, err := prometheusRules(load.rules)
	if err != nil {
		return nil, err
	}
	builder := labels.NewBuilder(labels.EmptyLabels())
	return func() (seen tally, _ error) {
		err := eachSeries(load.forPrometheus, func(parser textparse.Parser) {
			var set labels.Labels
			parser.Labels(&set)
			seen.count(prometheusKeeps(builder, set, rules))
		})
		return seen, err
	}, nil
}

// prometheusWarm looks the raw text of each series up in a map, as the scrape cache does from the second scrape on: neither
// labels nor rules are touched.
func prometheusWarm(load *workload) (pass, error) {
	rules, err := prometheusRules(load.rules)
	if err != nil {
		return nil, err
	}
	builder := labels.NewBuilder(labels.EmptyLabels())
	kept := make(map[string]bool)
	return func() (seen tally, _ error) {
		err := eachSeries(load.forPrometheus, func(parser textparse.Parser) {
			raw, _, _ := parser.Series()
			keep, known := kept[string(raw)]
			if !known {
				var set labels.Labels
				parser.Labels(&set)
				keep = prometheusKeeps(builder, set, rules)
				kept[string(raw)] = keep
			}
			seen.count(keep)
		})
		return seen, err
	}, nil
}

func prometheusRules(text []byte) ([]*relabel.Config, error) {
	var rules []*relabel.Config
	if err := yaml.UnmarshalStrict(text, &rules); err != nil {
		return nil, err
	}
	for _, rule := range rules {
		if err := rule.Validate(model.UTF8Validation); err != nil {
			return nil, err
		}
	}
	return rules, nil
}

func prometheusSets(load *workload) (sets []labels.Labels, err error) {
	for _, pairs := range load.sets {
		sets = append(sets, labelsOf(pairs))
	}
	err = eachSeries(load.forPrometheus, func(parser textparse.Parser) {
		var set labels.Labels
		parser.Labels(&set)
		sets = append(sets, set)
	})
	return sets, err
}

// prometheusKeeps is all that a filter needs, and the least that Prometheus can do.
func prometheusKeeps(builder *labels.Builder, set labels.Labels, rules []*relabel.Config) bool {
	builder.Reset(set)
	return relabel.ProcessBuilder(builder, rules...)
}

func eachSeries(payload []byte, visit func(textparse.Parser)) error {
	parser, err := textparse.New(payload, textType, labels.NewSymbolTable(), textparse.ParserOptions{})
	if err != nil {
		return err
	}
	for {
		entry, err := parser.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if entry == textparse.EntrySeries {
			visit(parser)
		}
	}
}

func (seen *tally) count(kept bool) {
	if kept {
		seen.Kept++
	} else {
		seen.Dropped++
	}
}
