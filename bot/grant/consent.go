package grant

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/url"
)

// ConsentPath is where customers answer, beneath the bot's address.
const ConsentPath = "/consent/"

// Consent is the seal of a case, without which nobody answers for its customer. It is
// the same for as long as the keys' secret is: nothing of it is kept.
func (k *Keyring) Consent(caseID string) string {
	mac := hmac.New(sha256.New, k.secret())
	mac.Write([]byte("consent\x00" + caseID))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// ConsentURL is where the customer of this case answers, at the bot of this address.
func (k *Keyring) ConsentURL(address, caseID string) string {
	return address + ConsentPath + url.PathEscape(caseID) + "/" + k.Consent(caseID)
}

// IsConsent says whether this is the case's seal.
func (k *Keyring) IsConsent(caseID, seal string) bool {
	return hmac.Equal([]byte(seal), []byte(k.Consent(caseID)))
}
