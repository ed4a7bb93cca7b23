package main

import (
	"encoding/json"
	"testing"

	"go.yaml.in/yaml/v2"
)

func TestEveryStringReachesPrometheusUnchanged(t *testing.T) {
	text := "'\"\\\x00\t\n\r\x7f\u0085\u00a0\u2028\ufeff\uffff😀 #: {}[],é"
	raw, err := json.Marshal(map[string]any{"replacement": text, "source_labels": []string{text}})
	if err != nil {
		t.Fatal(err)
	}
	written, err := yamlOf(raw)
	if err != nil {
		t.Fatal(err)
	}
	var read struct {
		Replacement  string
		SourceLabels []string `yaml:"source_labels"`
	}
	if err := yaml.UnmarshalStrict(written, &read); err != nil {
		t.Fatalf("%v: %s", err, written)
	}
	if read.Replacement != text || len(read.SourceLabels) != 1 || read.SourceLabels[0] != text {
		t.Errorf("%q became %+v", text, read)
	}
}

func TestAbsentNullAndEmptyDiffer(t *testing.T) {
	keep := func(fields string) string {
		var request relabelRequest
		line := `{"scheme":"utf8","rules":[{"action":"Keep","source_labels":["a"]` + fields + `}],"labels":[[["a","x"]]]}`
		if err := json.Unmarshal([]byte(line), &request); err != nil {
			t.Fatal(err)
		}
		answer := answerRelabel(&request)
		if answer.Error != "" || answer.Panic != "" {
			return answer.Error + answer.Panic
		}
		return map[bool]string{true: "kept", false: "dropped"}[answer.Results[0].Keep]
	}
	for fields, want := range map[string]string{
		``:                "kept",
		`,"regex":null`:   "dropped",
		`,"regex":""`:     "dropped",
		`,"regex":"(x"`:   "error parsing regexp: missing closing ): `^(?s:(x)$`",
		`,"regex":"x)(y"`: "dropped",
	} {
		if got := keep(fields); got != want {
			t.Errorf("%s: %s, want %s", fields, got, want)
		}
	}
}
