package grant

import (
	"crypto/hmac"
	"encoding/base64"
	"net/url"
)

// ConsentPath is where customers answer, beneath the bot's address.
const ConsentPath = "/consent/"

// Consent is the seal of a case, without which nobody answers for its customer. It is
// the same for as long as the keys' secret is: nothing of it is kept.
func (k *Keyring) Consent(caseID string) string {
	secret, _ := k.secret() // IsConsent refuses what one that isn't the secret any more has sealed
	return seal(secret, caseID)
}

func seal(secret []byte, caseID string) string {
	return base64.RawURLEncoding.EncodeToString(derived(secret, "consent\x00"+caseID))
}

// ConsentURL is where the customer of this case answers, at the bot of this address.
func (k *Keyring) ConsentURL(address, caseID string) string {
	return address + ConsentPath + url.PathEscape(caseID) + "/" + k.Consent(caseID)
}

// IsConsent says whether this is the case's seal. While nobody knows whether the
// secret leaked, none is.
func (k *Keyring) IsConsent(caseID, given string) bool {
	secret, err := k.secret()
	return err == nil && hmac.Equal([]byte(given), []byte(seal(secret, caseID)))
}
