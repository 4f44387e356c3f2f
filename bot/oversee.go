package bot

import (
	"context"
	"errors"

	"github.com/understudyhq/understudy/bot/people"
	"github.com/understudyhq/understudy/bot/view"
	"github.com/understudyhq/understudy/flows/approval"
)

// A flow names user groups whose members may see its cases, and may revoke its
// grants. Who is in a group is asked when somebody looks or clicks; what can't be
// looked up allows nobody.

// oversees are those of the groups that the person is in; none if they may not
// use the bot at all. The groups are asked for in turn: Slack allows few such
// calls a minute, and the answers serve everybody for a while.
func (b *Bot) oversees(ctx context.Context, id string, groups []string) (in []string, err error) {
	for _, group := range groups {
		is, err := b.People.InGroup(ctx, group, id)
		switch {
		case errors.Is(err, people.ErrUnknown): // nobody is in it
		case err != nil:
			return nil, err
		case is:
			in = append(in, group)
		}
	}
	if len(in) == 0 {
		return nil, nil
	}
	who, err := b.People.ByID(ctx, id)
	if err != nil || who.Barred != "" {
		return nil, err
	}
	return in, nil
}

// empowered is the command with the group that lets somebody revoke who isn't an
// approver of the case. A why says that it isn't known; then nothing is allowed.
func (b *Bot) empowered(ctx context.Context, c approval.Case, command approval.Command) (_ approval.Command, why string) {
	revoke, revokes := command.(approval.Revoke)
	if _, approver := c.Approver(revoke.By.ID); !revokes || approver || c.Status != approval.Active {
		return command, "" // the commit says what is so
	}
	ctx, cancel := context.WithTimeout(ctx, vouchTime)
	defer cancel()
	in, err := b.oversees(ctx, revoke.By.ID, c.Flow.Policy.Revokers)
	if err != nil {
		b.Log.Warn().Err(err).Str("case", c.ID).Msg("looking up who revokes an access")
		return command, view.NobodyKnowsGroups()
	}
	if revoke.Group = c.RevokingGroup(in); revoke.Group == "" {
		return revoke, ""
	}
	if who, err := b.People.ByID(ctx, revoke.By.ID); err == nil { // which was just asked
		revoke.By = approval.Person{ID: who.ID, Name: who.Name, Email: who.Email}
	}
	return revoke, ""
}

// maySee says whether the person takes part in the case or oversees it.
func (b *Bot) maySee(ctx context.Context, c approval.Case, id string) (bool, error) {
	if c.Participant(id) {
		return true, nil
	}
	ctx, cancel := context.WithTimeout(ctx, vouchTime)
	defer cancel()
	in, err := b.oversees(ctx, id, c.Overseers())
	return len(in) > 0, err
}
