package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/relabel"
	"go.yaml.in/yaml/v2" // the YAML library that Prometheus reads its configuration with
)

// relabelRequest is one list of rules and the label sets it is applied to.
type relabelRequest struct {
	// Rules in Prometheus' spelling; a field that is absent, null or empty reaches Prometheus as just that.
	Rules []json.RawMessage `json:"rules"`
	// Scheme is "legacy" or "utf8".
	Scheme string `json:"scheme"`
	// Labels holds the label sets, each a list of name and value.
	Labels [][][2]string `json:"labels"`
}

// relabelAnswer is what Prometheus makes of it.
type relabelAnswer struct {
	// Error is why the rules are refused.
	Error string `json:"error,omitempty"`
	// Rule is the index of the refused rule.
	Rule *int `json:"rule,omitempty"`
	// Panic is what Prometheus panicked with.
	Panic string `json:"panic,omitempty"`
	// Results has one entry for each label set.
	Results []relabelResult `json:"results,omitempty"`
}

type relabelResult struct {
	Keep   bool        `json:"keep"`
	Labels [][2]string `json:"labels,omitempty"`
}

func answerRelabel(request *relabelRequest) (answer relabelAnswer) {
	defer func() {
		if cause := recover(); cause != nil {
			answer = relabelAnswer{Panic: fmt.Sprint(cause)}
		}
	}()
	scheme := model.UTF8Validation
	if request.Scheme == "legacy" {
		scheme = model.LegacyValidation
	}
	rules := make([]*relabel.Config, len(request.Rules))
	for index, raw := range request.Rules {
		rule, err := decodeRule(raw, scheme)
		if err != nil {
			return relabelAnswer{Error: err.Error(), Rule: &index}
		}
		rules[index] = rule
	}
	answer.Results = make([]relabelResult, len(request.Labels))
	for i, pairs := range request.Labels {
		answer.Results[i] = applyRules(rules, pairs)
	}
	return answer
}

// decodeRule goes through Prometheus' own YAML decoding, so that defaults, null and the order of checks are its own.
func decodeRule(raw json.RawMessage, scheme model.ValidationScheme) (*relabel.Config, error) {
	text, err := yamlOf(raw)
	if err != nil {
		return nil, err
	}
	rule := new(relabel.Config)
	if err := yaml.UnmarshalStrict(text, rule); err != nil {
		return nil, err
	}
	return rule, rule.Validate(scheme)
}

// applyRules is what Prometheus' scrape does with a series; a series without labels left counts as dropped.
func applyRules(rules []*relabel.Config, pairs [][2]string) relabelResult {
	builder := labels.NewBuilder(labelsOf(pairs))
	if !relabel.ProcessBuilder(builder, rules...) {
		return relabelResult{}
	}
	left := builder.Labels()
	if left.IsEmpty() {
		return relabelResult{}
	}
	result := relabelResult{Keep: true, Labels: make([][2]string, 0, left.Len())}
	left.Range(func(label labels.Label) {
		result.Labels = append(result.Labels, [2]string{label.Name, label.Value})
	})
	return result
}

func labelsOf(pairs [][2]string) labels.Labels {
	scratch := labels.NewScratchBuilder(len(pairs))
	for _, pair := range pairs {
		scratch.Add(pair[0], pair[1])
	}
	scratch.Sort()
	return scratch.Labels()
}

// fields in the order in which Prometheus is to look at them: of several faults it names the first.
var fields = []string{
	"action", "source_labels", "separator", "regex", "modulus", "target_label", "replacement",
}

// yamlOf writes a rule as YAML that means the same. JSON will not do: the library refuses its control characters and
// surrogate pairs, and folds U+0085 and U+2028.
func yamlOf(raw json.RawMessage) ([]byte, error) {
	var rule map[string]any
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if err := decoder.Decode(&rule); err != nil {
		return nil, fmt.Errorf("the request's rule is not a JSON object: %w", err)
	}
	var out bytes.Buffer
	out.WriteString("{")
	for _, field := range fields {
		if value, present := rule[field]; present {
			fmt.Fprintf(&out, "%s: ", field)
			writeYAML(&out, value)
			out.WriteString(", ")
			delete(rule, field)
		}
	}
	for unknown := range rule {
		return nil, fmt.Errorf("the request's rule has the unknown field %q", unknown)
	}
	out.WriteString("}")
	return out.Bytes(), nil
}

func writeYAML(out *bytes.Buffer, value any) {
	switch value := value.(type) {
	case nil:
		out.WriteString("null")
	case string:
		quoteYAML(out, value)
	case []any:
		out.WriteString("[")
		for _, item := range value {
			writeYAML(out, item)
			out.WriteString(", ")
		}
		out.WriteString("]")
	default:
		fmt.Fprint(out, value)
	}
}

// quoteYAML writes a double-quoted scalar in ASCII.
func quoteYAML(out *bytes.Buffer, text string) {
	out.WriteByte('"')
	for _, char := range text {
		switch {
		case strings.ContainsRune(`"\`, char):
			out.WriteByte('\\')
			out.WriteRune(char)
		case char >= ' ' && char <= '~':
			out.WriteRune(char)
		default:
			fmt.Fprintf(out, `\U%08X`, char)
		}
	}
	out.WriteByte('"')
}
