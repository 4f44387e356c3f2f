package api

import (
	"context"
	"net/http"
)

// Rotation has a new key sign what apps get.
type Rotation struct {
	// Leaked drops the old keys at once: whoever is in an app opens it again.
	Leaked bool `json:"leaked"`
}

func (v *V1) rotateKeys(_ context.Context, c call) (int, any, error) {
	var r Rotation
	if err := c.read(&r); err != nil {
		return 0, nil, err
	}
	if err := v.Keys.Rotate(r.Leaked, v.Now()); err != nil {
		return 0, nil, err
	}
	v.Log.Info().Bool("leaked", r.Leaked).Str("by", c.by.Name).Msg("the signing keys were changed")
	return http.StatusNoContent, nil, nil
}
