package view_test

import (
	"maps"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/understudyhq/understudy/bot/view"
	"github.com/understudyhq/understudy/flows/approval"
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

func TestTheGalleryKnowsItsPeople(t *testing.T) {
	all, err := view.Gallery()
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]string{}
	for _, p := range []approval.Person{kim, mia, ola, ida} {
		known[p.ID] = p.Name
	}
	for _, c := range stories(t) {
		for _, a := range c.Approvers {
			known[a.ID] = a.Name
		}
	}
	people := map[string]string{}
	for _, id := range regexp.MustCompile(`\bU0[A-Z0-9]+`).FindAllString(indented(t, all), -1) {
		people[id] = known[id]
		if known[id] == "" {
			t.Errorf("nobody in the gallery is %s", id)
		}
	}
	golden(t, "gallery/people.json", indented(t, people))
	if found, err := view.GalleryPeople(); err != nil || !maps.Equal(found, people) {
		t.Errorf("%v, %v", found, err)
	}
}
