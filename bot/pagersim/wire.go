package pagersim

// The JSON of PagerDuty's API document (OpenAPI schemas Reference, User, Oncall
// and Schedule). A null is a pointer or an any without a value.

type reference struct {
	ID      string  `json:"id"`
	Type    string  `json:"type"`
	Summary string  `json:"summary"`
	Self    string  `json:"self"`
	HTMLURL *string `json:"html_url"`
}

type fullUser struct {
	reference
	Name              string  `json:"name"`
	Email             string  `json:"email"`
	TimeZone          string  `json:"time_zone"`
	Color             string  `json:"color"`
	Role              string  `json:"role"`
	AvatarURL         string  `json:"avatar_url"`
	Description       *string `json:"description"`
	InvitationSent    bool    `json:"invitation_sent"`
	ContactMethods    []any   `json:"contact_methods"`
	NotificationRules []any   `json:"notification_rules"`
	JobTitle          string  `json:"job_title"`
	Teams             []any   `json:"teams"`
}

type fullSchedule struct {
	reference
	Name                 string      `json:"name"`
	TimeZone             string      `json:"time_zone"`
	Description          string      `json:"description"`
	EscalationPolicies   []reference `json:"escalation_policies"`
	Users                []reference `json:"users"`
	Teams                []any       `json:"teams"`
	ScheduleLayers       []any       `json:"schedule_layers"`
	OverridesSubschedule subschedule `json:"overrides_subschedule"`
	FinalSchedule        subschedule `json:"final_schedule"`
}

type subschedule struct {
	Name    string  `json:"name"`
	Entries []entry `json:"rendered_schedule_entries"`
}

type entry struct {
	Start *string   `json:"start"`
	End   *string   `json:"end"`
	User  reference `json:"user"`
}

type row struct {
	User     any       `json:"user"` // reference or fullUser
	Schedule any       `json:"schedule"`
	Policy   reference `json:"escalation_policy"`
	Level    int       `json:"escalation_level"`
	Start    *string   `json:"start"`
	End      *string   `json:"end"`
}

func refer(kind, plural, id, summary string) reference {
	page := "https://pagersim.example.com/" + plural + "/" + id
	return reference{id, kind, summary, "https://api.pagersim.example.com/" + plural + "/" + id, &page}
}

func (u *user) reference() reference {
	ref := refer("user_reference", "users", u.id, u.name)
	if u.removed {
		ref.HTMLURL = nil
	}
	return ref
}

func (u *user) full() fullUser {
	return fullUser{
		reference:         refer("user", "users", u.id, u.name),
		Name:              u.name,
		Email:             u.email,
		TimeZone:          "Etc/UTC",
		Color:             "purple",
		Role:              "user",
		AvatarURL:         "https://pagersim.example.com/avatar.png",
		ContactMethods:    []any{},
		NotificationRules: []any{},
		Teams:             []any{},
	}
}

func (c *schedule) reference() reference {
	return refer("schedule_reference", "schedules", c.id, c.name)
}

func (p policy) reference() reference {
	return refer("escalation_policy_reference", "escalation_policies", p.id, "Policy "+p.id)
}
