package provision

import "github.com/understudyhq/understudy/store"

// Of is the record that describes the flow, with nothing left to a default but
// the command, the implementation and the preselected duration.
func Of(f store.Flow) Record {
	r := Record{
		Name: f.Name, Implementation: f.Implementation, Params: f.Params, Command: f.Command,
		Durations: shortAll(f.Durations), Requesters: f.Requesters, Viewers: f.Policy.Viewers, Revokers: f.Policy.Revokers, Labels: f.Labels,
		Timeout: short(f.Policy.Timeout), Remind: shortAll(f.Policy.Remind), Warn: short(f.Policy.Warn),
		DenyReason: string(f.Policy.DenyReason), App: ofApp(f.App),
	}
	if f.Default != 0 {
		r.Default = short(f.Default)
	}
	if f.Policy.Longest != 0 {
		r.Longest = short(f.Policy.Longest)
	}
	if r.DenyReason == "" {
		r.DenyReason = "optional"
	}
	return r
}
