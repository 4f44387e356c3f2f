package view_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/understudyhq/understudy/bot/view"
)

func TestEveryGoldenIsInTheGallery(t *testing.T) {
	all, err := view.Gallery()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, one := range all {
		blocks, _ := one.View["blocks"].([]any)
		if len(blocks) > 0 && one.Who != "" {
			seen[one.State] = true
		}
	}
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no goldens: %v", err)
	}
	for _, file := range files {
		if state := strings.TrimSuffix(filepath.Base(file), ".json"); !seen[state] {
			t.Errorf("the gallery doesn't show %s", state)
		}
	}
}
