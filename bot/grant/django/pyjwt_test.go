package django_test

import (
	"encoding/base64"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/understudyhq/understudy/bot/grant/granttest"
)

// TestPyJWT has a library that nobody here wrote verify the bot's tokens.
func TestPyJWT(t *testing.T) {
	t.Parallel()
	name := python(t)
	bot := granttest.NewBot(t)
	good := bot.Redeemed()
	parts := strings.Split(good, ".")
	encode := base64.RawURLEncoding.EncodeToString
	body, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	keys, err := bot.Keys.Public(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	none := encode([]byte(`{"alg":"none","typ":"understudy-grant+jwt","kid":"` + keys.Keys[0].KeyID + `"}`))
	tokens := []string{
		good,
		parts[0] + "." + encode([]byte(strings.Replace(string(body), "acct_42", "acct_1", 1))) + "." + parts[2],
		none + "." + parts[1] + ".",
		none + "." + parts[1] + "." + parts[2],
	}
	verify := func(app string) []string {
		command := exec.CommandContext(t.Context(), name, "testdata/verify.py", bot.URL, app)
		command.Stdin = strings.NewReader(strings.Join(tokens, "\n"))
		said, err := command.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, said)
		}
		return strings.Split(strings.TrimSpace(string(said)), "\n")
	}
	want := []string{"understudy-grant+jwt kim@example.com as acct_42", "InvalidSignatureError", "InvalidAlgorithmError", "InvalidAlgorithmError"}
	if diff := cmp.Diff(want, verify(granttest.App)); diff != "" {
		t.Errorf("PyJWT says (-want +got):\n%s", diff)
	}
	if got := verify("wiki"); got[0] != "InvalidAudienceError" {
		t.Errorf("for another app PyJWT says %q", got)
	}
}
