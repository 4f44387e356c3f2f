package approval

// Notice is what a case's app is told by its webhook.
type Notice string

// The notices. Of a grant that was never opened there is none: nobody was in the app.
const (
	NoNotice      Notice = ""
	GrantOpened   Notice = "grant.opened" // for the first time
	GrantExtended Notice = "grant.extended"
	GrantOver     Notice = "grant.ended"
	LinkMisused   Notice = "link.misused"
)

// Notice is what the app is told of an event of this case. The case is as it was
// before.
func (c Case) Notice(e Event) Notice {
	if c.Flow.App == nil || c.Flow.App.Webhook == "" || c.Grant == nil {
		return NoNotice
	}
	if _, misused := e.Body.(Misused); misused {
		return LinkMisused
	}
	_, opened := e.Body.(Opened)
	if opened != c.Grant.OpenedAt.IsZero() {
		return NoNotice
	}
	switch e.Body.(type) {
	case Opened:
		return GrantOpened
	case Extended:
		return GrantExtended
	case GrantEnded:
		return GrantOver
	}
	return NoNotice
}
