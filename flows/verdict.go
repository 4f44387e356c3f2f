package flows

// Verdict is what OnRequest says. The zero Verdict says nothing, which refuses.
type Verdict struct {
	kind verdictKind
	why  string
}

type verdictKind int

const (
	noVerdict verdictKind = iota
	approveVerdict
	denyVerdict
	askVerdict
)

// Approve allows the request at once. Why is shown to the requester and kept.
func Approve(why string) Verdict { return Verdict{approveVerdict, why} }

// Deny rejects the request at once. Why is shown to the requester and kept.
func Deny(why string) Verdict { return Verdict{denyVerdict, why} }

// Ask sends the request to the people whom Approvers names.
func Ask() Verdict { return Verdict{kind: askVerdict} }
