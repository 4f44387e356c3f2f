package view

import (
	"embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

//go:embed testdata/*.json testdata/gallery/people.json
var goldens embed.FS

// Shown is one view as it was reviewed: a golden file's message, modal or Home.
type Shown struct {
	State string         `json:"state"` // the golden file's name, such as pending_nudged
	Who   string         `json:"who"`   // whose card it is; "modal" or "home" for a view
	Text  string         `json:"text"`  // a card's notification
	View  map[string]any `json:"view"`  // with its blocks
}

// Gallery is every view of every golden file, in the order of their names.
func Gallery() (all []Shown, err error) {
	files, err := goldens.ReadDir("testdata")
	if err != nil {
		return nil, fmt.Errorf("listing the golden files: %w", err)
	}
	for _, file := range files {
		if file.IsDir() {
			continue // the people
		}
		data, err := goldens.ReadFile("testdata/" + file.Name())
		if err != nil {
			return nil, fmt.Errorf("reading a golden file: %w", err)
		}
		var golden map[string]any
		if err := json.Unmarshal(data, &golden); err != nil {
			return nil, fmt.Errorf("golden file %s: %w", file.Name(), err)
		}
		all = append(all, shown(strings.TrimSuffix(file.Name(), ".json"), golden)...)
	}
	return all, nil
}

// GalleryPeople are the names of the people whom the gallery's views mention, by
// their ids.
func GalleryPeople() (names map[string]string, err error) {
	data, err := goldens.ReadFile("testdata/gallery/people.json")
	if err != nil {
		return nil, fmt.Errorf("reading the people of the golden files: %w", err)
	}
	if err := json.Unmarshal(data, &names); err != nil {
		return nil, fmt.Errorf("the people of the golden files: %w", err)
	}
	return names, nil
}

// shown are the views of a golden file: it is a modal or a Home itself, or has
// a card for each reader.
func shown(state string, golden map[string]any) (all []Shown) {
	if golden["blocks"] != nil {
		who, _ := golden["type"].(string)
		return []Shown{{State: state, Who: who, View: golden}}
	}
	for _, who := range slices.Sorted(maps.Keys(golden)) {
		card, _ := golden[who].(map[string]any)
		if card["Blocks"] == nil {
			continue
		}
		text, _ := card["Text"].(string)
		all = append(all, Shown{State: state, Who: who, Text: text, View: map[string]any{"blocks": card["Blocks"]}})
	}
	return all
}
