package store

import (
	"fmt"
	"iter"
	"strings"
	"time"
)

const schemaKey = "schema"

// recentSinceKey holds from when on the index of Homes has all cases that are over.
const recentSinceKey = "recent-since"

// keyTime has a fixed width, so that times sort as text.
const keyTime = "2006-01-02T15:04:05.000000000Z"

func timeKey(t time.Time) string { return t.UTC().Format(keyTime) }

// part makes any text safe between the slashes of a key.
func part(s string) string {
	if !strings.ContainsAny(s, "%/") {
		return s
	}
	return strings.NewReplacer("%", "%25", "/", "%2F").Replace(s)
}

func caseKey(id string) string           { return "case/" + part(id) }
func eventKey(id string, seq int) string { return fmt.Sprintf("event/%s/%08d", part(id), seq) }
func liveKey(requester, account string) string {
	return "live/" + part(requester) + "/" + part(account)
}
func extensionKey(id string) string    { return "extension/" + part(id) }
func openKey(person, id string) string { return "open/" + part(person) + "/" + part(id) }
func pastKey(requester string, at time.Time, id string) string {
	return "past/" + part(requester) + "/" + timeKey(at) + "/" + part(id)
}
func overseerKey(group, person string) string {
	return "overseer/" + part(group) + "/" + part(person)
}
func cardKey(id CardID) string   { return "card/" + string(id) }
func linkKey(hash string) string { return "link/" + hash }
func linkOfKey(id string) string { return "link-of/" + part(id) }
func runningKey(app, id string) string {
	return "running/" + part(app) + "/" + part(id)
}
func endedPrefix(app string) string { return "ended/" + part(app) + "/" }
func webhookKey(id string) string   { return "webhook/" + part(id) }
func tokenKey(hash string) string   { return "token/" + hash }
func flowKey(name string) string    { return "flow/" + part(name) }
func flowVersionKey(id string, version int) string {
	return fmt.Sprintf("flow-version/%s/%08d", part(id), version)
}
func onceKey(at time.Time, key string) string {
	return "once/" + at.UTC().Format(time.DateOnly) + "/" + part(key)
}

// under scans all keys that begin with the prefix, which ends with a slash.
func under(tx Tx, prefix string) iter.Seq2[Entry, error] {
	return tx.Scan(prefix, behind(prefix))
}

// behind follows every key that begins with the prefix, which ends with a slash.
func behind(prefix string) string { return strings.TrimSuffix(prefix, "/") + "0" } // '0' follows '/'

func unpart(s string) string { return strings.NewReplacer("%2F", "/", "%25", "%").Replace(s) }

func lastPart(key string) string { return unpart(key[strings.LastIndexByte(key, '/')+1:]) }
