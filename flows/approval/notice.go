package approval

// Notice is what a case's app is told by its webhook.
type Notice string

// The notices. Of a grant that was never opened there is none of its end: nobody
// was in the app.
const (
	NoNotice        Notice = ""
	ConsentAsked    Notice = "consent.asked"    // of the customer, who has to be handed a link
	ConsentReminded Notice = "consent.reminded" // the customer hasn't answered yet
	ConsentOver     Notice = "consent.over"     // it was decided, by whomever, or needs no answer any more
	GrantOpened     Notice = "grant.opened"     // for the first time
	GrantExtended   Notice = "grant.extended"
	GrantOver       Notice = "grant.ended"
	LinkMisused     Notice = "link.misused"
)

// HasLink says whether the notice has the link by which the customer answers.
func (n Notice) HasLink() bool { return n == ConsentAsked || n == ConsentReminded }

// Notice is what the app is told of an event of this case. The case is as it was
// before.
func (c Case) Notice(e Event) Notice {
	switch {
	case c.Flow.App == nil || c.Flow.App.Webhook == "":
		return NoNotice
	case c.Grant != nil:
		return c.grantNotice(e)
	}
	return c.consentNotice(e)
}

func (c Case) consentNotice(e Event) Notice {
	switch b := e.Body.(type) {
	case Asked:
		if asksCustomer(b.Approvers) {
			return ConsentAsked
		}
	case Escalated:
		if asksCustomer(b.Approvers) {
			return ConsentAsked
		}
	case Reminded, Nudged:
		if c.remindsCustomer(e.At) {
			return ConsentReminded
		}
	case Granted, DeniedCase, CancelledCase, TimedOutCase, RefusedCase:
		if c.AsksCustomer() {
			return ConsentOver
		}
	}
	return NoNotice
}

func (c Case) grantNotice(e Event) Notice {
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
