package bot_test

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The tests of this file keep docs/grafana.json, docs/alerts.yml and
// docs/operating.md true to what /metrics says.

func checkDashboard(t *testing.T, said exposition) {
	t.Helper()
	for title, queries := range dashboard(t) {
		for _, query := range queries {
			said.check(t, "the panel "+title, query)
		}
	}
}

func checkAlerts(t *testing.T, said exposition) {
	t.Helper()
	for name, query := range alerts(t) {
		said.check(t, "the alert "+name, query)
	}
}

// checkNames has Prometheus itself look at what /metrics says.
func checkNames(t *testing.T, text string) {
	t.Helper()
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Log("promtool isn't there to check the names: it is in Debian's package prometheus")
		return
	}
	check := exec.CommandContext(t.Context(), promtool, "check", "metrics")
	check.Stdin = strings.NewReader(text)
	out, err := check.CombinedOutput()
	for line := range strings.Lines(string(out)) {
		if strings.HasPrefix(line, "understudy_") || strings.HasPrefix(line, "error") {
			t.Error(line)
		}
	}
	if _, linted := errors.AsType[*exec.ExitError](err); err != nil && !linted {
		t.Error(err)
	}
}

// checkOperating looks for the metrics that docs/operating.md explains.
func checkOperating(t *testing.T, said exposition) {
	t.Helper()
	names := regexp.MustCompile(`understudy_[a-z_]+`).FindAllString(readDoc(t, "operating.md"), -1)
	if len(names) < 10 {
		t.Errorf("docs/operating.md names only %q", names)
	}
	for _, name := range names {
		if !slices.ContainsFunc(said, func(one series) bool { return one.name == name || one.name == name+"_bucket" }) {
			t.Errorf("docs/operating.md names the metric %s, which isn't there", name)
		}
	}
}

func readDoc(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "docs", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// dashboard is what the dashboard's panels ask for, by their titles.
func dashboard(t *testing.T) map[string][]string {
	t.Helper()
	var board struct {
		Panels []struct {
			Type, Title string
			Targets     []struct{ Expr string }
		}
	}
	if err := json.Unmarshal([]byte(readDoc(t, "grafana.json")), &board); err != nil {
		t.Fatal(err)
	}
	variables := strings.NewReplacer("$__rate_interval", "5m", "$job", "understudy")
	queries := map[string][]string{}
	for _, panel := range board.Panels {
		for _, target := range panel.Targets {
			queries[panel.Title] = append(queries[panel.Title], variables.Replace(target.Expr))
		}
		if panel.Type != "row" && len(panel.Targets) == 0 {
			t.Errorf("the panel %s asks for nothing", panel.Title)
		}
	}
	if len(queries) < 20 {
		t.Errorf("the dashboard has only %d panels", len(queries))
	}
	return queries
}

// alerts are the conditions of the alerts, by their names.
func alerts(t *testing.T) map[string]string {
	t.Helper()
	rule := regexp.MustCompile(`(?m)^      - alert: (\w+)\n        expr: ((?:\|\n(?:          .*\n)+)|.*\n)`)
	text, conditions := readDoc(t, "alerts.yml"), map[string]string{}
	for _, found := range rule.FindAllStringSubmatch(text, -1) {
		conditions[found[1]] = strings.TrimPrefix(found[2], "|\n")
	}
	if n := strings.Count(text, "alert:"); n == 0 || len(conditions) != n {
		t.Errorf("of %d alerts %d can be read", n, len(conditions))
	}
	return conditions
}

// given are the labels and the metrics that Prometheus itself makes.
func given(name string) bool { return slices.Contains([]string{"up", "job", "instance"}, name) }

// check looks for every metric, label and value that the PromQL query names.
func (e exposition) check(t *testing.T, where, query string) {
	t.Helper()
	rest := regexp.MustCompile(`\[[^\]]*\]|"[^"]*"`).ReplaceAllStringFunc(query, func(s string) string {
		if s[0] == '[' {
			return ""
		}
		return s
	})
	labels := map[string]bool{} // of the query's metrics
	selector := regexp.MustCompile(`([a-zA-Z_]\w*)(\{[^}]*\})?(\s*\()?`)
	grouping := regexp.MustCompile(`\b(?:by|on)\s*\(([^)]*)\)`)
	grouped := grouping.FindAllStringSubmatch(rest, -1)
	metrics := 0
	for _, found := range selector.FindAllStringSubmatch(grouping.ReplaceAllString(rest, " "), -1) {
		name, matchers, called := found[1], found[2], found[3] != ""
		if called || slices.Contains([]string{"and", "or", "unless"}, name) {
			continue
		}
		metrics++
		for label := range e.checkSelector(t, where, name, matchers) {
			labels[label] = true
		}
	}
	if metrics == 0 {
		t.Errorf("%s names no metric: %s", where, query)
	}
	for _, list := range grouped {
		for _, label := range strings.Split(list[1], ",") {
			if label = strings.TrimSpace(label); !labels[label] && !given(label) {
				t.Errorf("%s groups by the label %q, which isn't there: %s", where, label, query)
			}
		}
	}
}

// checkSelector gives the labels of the metric.
func (e exposition) checkSelector(t *testing.T, where, name, matchers string) map[string]bool {
	t.Helper()
	values := map[string][]string{} // by label
	there := given(name)
	for _, one := range e {
		if one.name == name {
			there = true
			for label, value := range one.labels {
				values[label] = append(values[label], value)
			}
		}
	}
	if !there {
		t.Errorf("%s names the metric %s, which isn't there", where, name)
	}
	for _, m := range regexp.MustCompile(`(\w+)\s*(!=|=~|!~|=)\s*"([^"]*)"`).FindAllStringSubmatch(matchers, -1) {
		label, wanted := m[1], strings.Split(m[3], "|")
		if _, has := values[label]; !has && !given(label) {
			t.Errorf("%s names the label %s of %s, which isn't there", where, label, name)
		}
		for _, value := range wanted {
			if !given(label) && !slices.Contains(values[label], value) {
				t.Errorf("%s names %s=%q of %s, which isn't there", where, label, value, name)
			}
		}
	}
	has := map[string]bool{}
	for label := range maps.Keys(values) {
		has[label] = true
	}
	return has
}

// TestPromtoolReadsTheAlertsAndTheDashboard has Prometheus itself parse them.
func TestPromtoolReadsTheAlertsAndTheDashboard(t *testing.T) {
	t.Parallel()
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("needs promtool, of Debian's package prometheus")
	}
	rules := []map[string]string{}
	for _, queries := range dashboard(t) {
		for _, query := range queries {
			rules = append(rules, map[string]string{"record": "panel", "expr": query})
		}
	}
	file := filepath.Join(t.TempDir(), "dashboard.json") // which is YAML too
	text, err := json.Marshal(map[string]any{"groups": []any{map[string]any{"name": "dashboard", "rules": rules}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, arguments := range [][]string{
		{"check", "rules", "../docs/alerts.yml"}, {"check", "rules", "--lint=none", file}, {"test", "rules", "testdata/alerts_test.yml"},
	} {
		if out, err := exec.CommandContext(t.Context(), promtool, arguments...).CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", arguments, err, out)
		}
	}
}
