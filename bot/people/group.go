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
	group, err := d.group(ctx, handle)
	if err != nil {
		return Crew{}, fmt.Errorf("user group %s: %w", handle, err)
	}
	ids, err := d.members.get(ctx, group.ID, func(ctx context.Context) ([]string, error) { return d.memberIDs(ctx, group.ID) })
	if err != nil {
		return Crew{}, fmt.Errorf("members of user group %s: %w", handle, err)
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
