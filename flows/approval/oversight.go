package approval

import "slices"

// Overseers are the user groups whose members may see the case without taking
// part in it, each once.
func (c Case) Overseers() []string {
	var groups []string
	for _, group := range slices.Concat(c.Flow.Policy.Revokers, c.Flow.Policy.Viewers) {
		if !slices.Contains(groups, group) {
			groups = append(groups, group)
		}
	}
	return groups
}

// RevokingGroup is the first of these groups whose members may revoke the case's
// grant, empty if there is none.
func (c Case) RevokingGroup(groups []string) string {
	for _, group := range groups {
		if slices.Contains(c.Flow.Policy.Revokers, group) {
			return group
		}
	}
	return ""
}
