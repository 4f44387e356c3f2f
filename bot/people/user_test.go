package people_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/bot/people"
)

func contextWithTimeout(t *testing.T, d time.Duration) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithTimeout(t.Context(), d)
}

func TestWhoIsBarred(t *testing.T) {
	tests := map[string]struct {
		is   func(*slack.User)
		want string // a word of the reason
	}{
		"a colleague":                {func(*slack.User) {}, ""},
		"a colleague with the app":   {func(u *slack.User) { u.IsAppUser = true }, ""},
		"of the same organisation":   {func(u *slack.User) { u.TeamID = "E0ORG"; u.Enterprise.Teams = []string{home} }, ""},
		"a guest":                    {func(u *slack.User) { u.IsRestricted = true }, "guests"},
		"a single-channel guest":     {func(u *slack.User) { u.IsUltraRestricted = true }, "guests"},
		"a stranger":                 {func(u *slack.User) { u.IsStranger = true }, "other workspaces"},
		"of another workspace":       {func(u *slack.User) { u.TeamID = "T0OTHER" }, "other workspaces"},
		"of no workspace":            {func(u *slack.User) { u.TeamID = "" }, "other workspaces"},
		"deactivated":                {func(u *slack.User) { u.Deleted = true }, "deactivated"},
		"a bot":                      {func(u *slack.User) { u.IsBot = true }, "bots"},
		"a workflow":                 {func(u *slack.User) { u.IsWorkflowBot = true }, "bots"},
		"Slackbot, who is no is_bot": {func(u *slack.User) { u.ID = "USLACKBOT" }, "bots"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			inHouse(t, nil, func(t *testing.T, h *house) {
				u, err := h.ByID(t.Context(), h.ws.add("Kim", "kim@example.com", test.is).ID)
				if err != nil {
					t.Fatal(err)
				}
				if (test.want == "") != (u.Barred == "") || !strings.Contains(u.Barred, test.want) {
					t.Errorf("barred: %q, want %q", u.Barred, test.want)
				}
			})
		})
	}
}

func TestAPhotoIsSlacksOwn(t *testing.T) {
	for address, want := range map[string]string{
		"https://avatars.slack-edge.com/2026/a_72.png":   "https://avatars.slack-edge.com/2026/a_72.png",
		"http://avatars.slack-edge.com/a_72.png":         "",
		"https://secure.gravatar.com/avatar/0.jpg":       "",
		"https://avatars.slack-edge.com.evil.example/a":  "",
		"https://evil.example/?.slack-edge.com":          "",
		"https://x@avatars.slack-edge.com/a":             "",
		"":                                               "",
		"https://avatars.slack-edge.com/a%":              "",
		"javascript://avatars.slack-edge.com/%0aalert(1": "",
	} {
		inHouse(t, nil, func(t *testing.T, h *house) {
			id := h.ws.add("Kim", "kim@example.com", func(u *slack.User) { u.Profile.Image72, u.Profile.Title = address, " Support agent " }).ID
			u, err := h.ByID(t.Context(), id)
			if err != nil || u.Photo != want || u.Title != "Support agent" {
				t.Errorf("%q: %+v, %v; want the photo %q", address, u, err, want)
			}
		})
	}
}

func TestABarIsNoticedWithinTenSeconds(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		kim := h.ws.add("Kim", "kim@example.com")
		for range 3 {
			if _, err := h.ByEmail(t.Context(), " KIM@example.com"); err != nil {
				t.Fatal(err)
			}
		}
		h.ws.change(func() { kim.Deleted = true })
		time.Sleep(10*time.Second + 1)
		for _, find := range []func() (people.User, error){
			func() (people.User, error) { return h.ByID(t.Context(), kim.ID) },
			func() (people.User, error) { return h.ByEmail(t.Context(), "kim@example.com") },
		} {
			if u, err := find(); err != nil || u.Barred == "" {
				t.Errorf("got %+v, %v, want them barred", u, err)
			}
		}
		if got := []int{h.ws.called("users.lookupByEmail"), h.ws.called("users.info")}; !cmp.Equal(got, []int{1, 2}) {
			t.Errorf("calls: %v, want 1 and 2", got)
		}
	})
}

func TestUnknownPeople(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		_, byID := h.ByID(t.Context(), "U0NONE")
		_, byEmail := h.ByEmail(t.Context(), "nobody@example.com")
		_, again := h.ByEmail(t.Context(), "nobody@example.com")
		_, empty := h.ByEmail(t.Context(), " ")
		for _, err := range []error{byID, byEmail, again, empty} {
			if !errors.Is(err, people.ErrUnknown) {
				t.Errorf("got %v, want ErrUnknown", err)
			}
		}
		if got := h.ws.called("users.lookupByEmail"); got != 1 {
			t.Errorf("%d calls for one e-mail", got)
		}
	})
}

func TestSlacksRateLimitIsWaitedOut(t *testing.T) {
	tests := map[string]struct {
		limited int
		wait    string
		within  time.Duration
		ok      bool
		takes   time.Duration // at least
	}{
		"for seconds":             {2, "3", time.Minute, true, 6 * time.Second},
		"not beyond the deadline": {1, "5", 2 * time.Second, false, 0},
		"not for ever":            {9, "1", time.Minute, false, 3 * time.Second},
		"not for minutes":         {1, "120", time.Hour, false, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			inHouse(t, nil, func(t *testing.T, h *house) {
				h.ws.add("Kim", "kim@example.com")
				h.ws.limited, h.ws.wait = test.limited, test.wait
				ctx, cancel := contextWithTimeout(t, test.within)
				defer cancel()
				_, err := h.ByID(ctx, "U001")
				if (err == nil) != test.ok || errors.Is(err, people.ErrUnknown) {
					t.Errorf("got %v", err)
				}
				if took := time.Since(h.start); took < test.takes || took > test.takes+time.Second {
					t.Errorf("it took %v, want %v", took, test.takes)
				}
			})
		})
	}
}

func TestAMissingScopeIsNamed(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		h.ws.refusal = "missing_scope"
		_, err := h.ByEmail(t.Context(), "kim@example.com")
		if err == nil || !strings.Contains(err.Error(), "users:read.email") || errors.Is(err, people.ErrUnknown) {
			t.Errorf("got %v", err)
		}
	})
}

func TestGroups(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		h.ws.add("Mia", "mia@example.com")
		h.ws.add("Gus", "gus@example.com", func(u *slack.User) { u.IsRestricted = true })
		h.ws.groups = []slack.UserGroup{
			{ID: "S001", Handle: "leads", Name: "Old leads", DateDelete: 1},
			{ID: "S002", Handle: "leads", Name: "Support leads"},
		}
		h.ws.members = map[string][]string{"S002": {"U001", "U002", "U0NONE"}}
		for _, handle := range []string{"leads", "@leads", " @Leads"} {
			crew, err := h.Group(t.Context(), handle)
			if err != nil {
				t.Fatal(err)
			}
			mustBe(t, crew, "Mia")
			want := []people.Unusable{
				{Name: "Gus", Email: "gus@example.com", Why: "guests can neither ask nor decide"},
				{Name: "U0NONE", Why: "there is no Slack account U0NONE"},
			}
			if diff := cmp.Diff(want, crew.Unusable); diff != "" || crew.Name != "Support leads" {
				t.Error(crew.Name, diff)
			}
		}
		for _, handle := range []string{"none", "@", ""} {
			if _, err := h.Group(t.Context(), handle); !errors.Is(err, people.ErrUnknown) {
				t.Errorf("%q: got %v, want ErrUnknown", handle, err)
			}
		}
		if got := []int{h.ws.called("usergroups.list"), h.ws.called("usergroups.users.list")}; !cmp.Equal(got, []int{1, 1}) {
			t.Errorf("calls: %v, want one each", got)
		}
	})
}

// TestALargeGroupIsNotLookedUp asks for one of a thousand.
func TestALargeGroupIsNotLookedUp(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		h.ws.groups = []slack.UserGroup{{ID: "S001", Handle: "leads", DateDelete: 1}, {ID: "S002", Handle: "support"}}
		h.ws.members = map[string][]string{"S001": {"U0GUS"}, "S002": {"U0MIA"}}
		for i := range 1000 {
			h.ws.members["S002"] = append(h.ws.members["S002"], fmt.Sprintf("U%04d", i))
		}
		for id, want := range map[string]bool{"U0MIA": true, "U0999": true, "U0GUS": false, "": false} {
			if is, err := h.InGroup(t.Context(), "@Support", id); err != nil || is != want {
				t.Errorf("%q: %v, %v, want %v", id, is, err, want)
			}
		}
		if is, err := h.InGroup(t.Context(), "leads", "U0GUS"); is || !errors.Is(err, people.ErrUnknown) {
			t.Errorf("a disabled group: %v, %v", is, err)
		}
		if got := h.ws.called("users.info"); got > 0 {
			t.Errorf("%d people were looked up", got)
		}
	})
}

func TestManyWhoAskAtOnceShareOneAnswer(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		h.pager.SetOnCall(managers, h.hires("Mia", "mia@example.com"), h.hires("Ola", "ola@example.com"))
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				if crew, err := h.OnCall(t.Context(), managers); err != nil || names(crew) != "Mia, Ola" {
					t.Errorf("got %v, %v", crew, err)
				}
			})
		}
		all.Wait()
		got := []int{h.pager.Calls(""), h.ws.called("users.lookupByEmail"), h.ws.called("users.info")}
		if !cmp.Equal(got, []int{1, 2, 2}) {
			t.Errorf("calls: %v, want 1, 2 and 2", got)
		}
	})
}

func TestASlackThatHangsIsLeftAfterTenSeconds(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		h.ws.hang = true
		_, err := h.ByID(t.Context(), "U001")
		if err == nil || errors.Is(err, people.ErrUnknown) || time.Since(h.start) != 10*time.Second {
			t.Errorf("after %v: %v", time.Since(h.start), err)
		}
	})
}
