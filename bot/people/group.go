package people

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/slack-go/slack"
)

// Group returns the members of the Slack user group with this handle, with or
// without its @. ErrUnknown means that there is no such group, or that it's
// disabled.
func (d *Directory) Group(ctx context.Context, handle string) (Crew, error) {
	group, ids, err := d.groupIDs(ctx, handle)
	if err != nil {
		return Crew{}, err
	}
	who := make([]candidate, 0, len(ids.value))
	for _, id := range ids.value {
		who = append(who, candidate{name: id, slackID: id})
	}
	users, unusable, err := d.muster(ctx, who)
	if err != nil {
		return Crew{}, fmt.Errorf("members of user group %s: %w", handle, err)
	}
	return Crew{People: users, Unusable: unusable, Age: ids.age, Name: group.Name}, nil
}

// InGroup says whether the person is in the Slack user group with this handle,
// whatever bars them. However large the group is, nobody else in it is looked up:
// whoever uses the form asks this, and Slack allows few look-ups a minute. The
// answer is as old as a fresh one may be.
func (d *Directory) InGroup(ctx context.Context, handle, id string) (bool, error) {
	_, ids, err := d.groupIDs(ctx, handle)
	return err == nil && slices.Contains(ids.value, id), err
}

// Members is how many people the user group has, whatever bars them.
func (d *Directory) Members(ctx context.Context, handle string) (int, error) {
	_, ids, err := d.groupIDs(ctx, handle)
	return len(ids.value), err
}

func (d *Directory) groupIDs(ctx context.Context, handle string) (group slack.UserGroup, ids answer[[]string], err error) {
	if group, err = d.group(ctx, handle); err != nil {
		return group, ids, fmt.Errorf("user group %s: %w", handle, err)
	}
	ids, err = d.members.get(ctx, group.ID, func(ctx context.Context) ([]string, error) { return d.memberIDs(ctx, group.ID) })
	if err != nil {
		return group, ids, fmt.Errorf("members of user group %s: %w", handle, err)
	}
	return group, ids, nil
}

func (d *Directory) group(ctx context.Context, handle string) (slack.UserGroup, error) {
	all, err := d.groups.get(ctx, "", d.allGroups)
	if err != nil {
		return slack.UserGroup{}, err
	}
	wanted := foldHandle(handle)
	i := slices.IndexFunc(all.value, func(g slack.UserGroup) bool { return foldHandle(g.Handle) == wanted && g.DateDelete == 0 })
	if i < 0 || wanted == "" {
		return slack.UserGroup{}, fmt.Errorf("%w: Slack has no user group with this handle", ErrUnknown)
	}
	return all.value[i], nil
}

func foldHandle(handle string) string {
	return strings.ToLower(strings.TrimPrefix(strings.TrimSpace(handle), "@"))
}

func (d *Directory) allGroups(ctx context.Context) (groups []slack.UserGroup, err error) {
	err = patiently(ctx, func(ctx context.Context) error {
		groups, err = d.slack.GetUserGroupsContext(ctx)
		return err
	})
	return groups, err
}

func (d *Directory) memberIDs(ctx context.Context, group string) (ids []string, err error) {
	err = patiently(ctx, func(ctx context.Context) error {
		ids, err = d.slack.GetUserGroupMembersContext(ctx, group)
		return err
	})
	return ids, err
}
