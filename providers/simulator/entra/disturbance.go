package entra

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Disturbance is something that happens to tokens while clients use them. It
// concerns tokens of one application, of one person, or all.
type Disturbance struct {
	// Do is one of:
	//   "expire": tokens issued so far have expired;
	//   "revoke": tokens issued so far are refused with a claims challenge, and
	//     people's refresh tokens end;
	//   "claims": the same, but the token endpoint goes on handing out tokens as
	//     old, as from a cache, unless the request carries the challenge's claims;
	//     with For no token is good enough for that long;
	//   "skew": tokens are issued by a clock that is ahead by For, or behind where
	//     that is negative.
	Do       string `json:"do"`
	ClientID string `json:"client_id,omitempty"`
	User     string `json:"user,omitempty"` // sign-in name or object id
	For      Span   `json:"for,omitempty"`
}

// Span is a duration; JSON has it as text ("2h") or as a number of seconds.
type Span time.Duration

// UnmarshalJSON accepts text as of [time.ParseDuration] and numbers of seconds.
func (s *Span) UnmarshalJSON(b []byte) error {
	var text string
	if json.Unmarshal(b, &text) == nil {
		parsed, err := time.ParseDuration(text)
		*s = Span(parsed)
		return err
	}
	var seconds float64
	if err := json.Unmarshal(b, &seconds); err != nil {
		return fmt.Errorf("a duration is text such as \"2h\" or a number of seconds: %w", err)
	}
	*s = Span(seconds * float64(time.Second))
	return nil
}

// MarshalJSON writes text.
func (s Span) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(s).String()) }

// Validate refuses what would do nothing.
func (x Disturbance) Validate() error {
	switch {
	case !slices.Contains([]string{"expire", "revoke", "claims", "skew"}, x.Do):
		return fmt.Errorf("tokens: do %q is none of expire, revoke, claims, skew", x.Do)
	case x.Do == "skew" && x.For == 0:
		return fmt.Errorf("tokens: skew needs for, a duration")
	case x.For != 0 && x.Do != "skew" && x.Do != "claims", x.For < 0 && x.Do != "skew":
		return fmt.Errorf("tokens: %s does not go with for %v", x.Do, time.Duration(x.For))
	}
	return nil
}

// disturbance is one at work.
type disturbance struct {
	Disturbance
	user   string // object id
	at     time.Time
	serial uint64
}

func (x *disturbance) concerns(clientID, user string) bool {
	return (x.ClientID == "" || strings.EqualFold(x.ClientID, clientID)) && (x.user == "" || strings.EqualFold(x.user, user))
}

// maxDisturbances bounds what is remembered; the oldest ends first.
const maxDisturbances = 1000

// Disturb makes something happen to tokens, now. remove ends it.
func (d *Directory) Disturb(x Disturbance) (remove func(), err error) {
	if err := x.Validate(); err != nil {
		return nil, err
	}
	at := &disturbance{Disturbance: x, at: d.options.Now()}
	if x.ClientID != "" && d.application(x.ClientID) == nil {
		return nil, fmt.Errorf("%w: %q", ErrNoApplication, x.ClientID)
	}
	if x.User != "" {
		u := d.user(x.User)
		if u == nil {
			return nil, fmt.Errorf("%w: %q", ErrNoUser, x.User)
		}
		at.user = u.ObjectID
	}
	if x.Do == "revoke" {
		d.revokeRefresh(at)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	at.serial = d.serial.Add(1)
	if len(d.disturbances) >= maxDisturbances {
		d.disturbances = slices.Delete(slices.Clone(d.disturbances), 0, 1)
	}
	d.disturbances = append(slices.Clip(d.disturbances), at)
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.disturbances = slices.DeleteFunc(slices.Clone(d.disturbances), func(y *disturbance) bool { return y == at })
	}, nil
}

// Calm ends all disturbances.
func (d *Directory) Calm() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.disturbances = nil
}

// Disturbances lists what is at work, oldest first.
func (d *Directory) Disturbances() []Disturbance {
	out := []Disturbance{}
	for _, x := range d.disturbed() {
		out = append(out, x.Disturbance)
	}
	return out
}

func (d *Directory) disturbed() []*disturbance {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.disturbances // replaced as a whole, never changed in place
}

// RevokeTokens makes every token issued so far unacceptable, as continuous access
// evaluation does after an incident. Refresh tokens stay good.
func (d *Directory) RevokeTokens() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.disturbances = append(slices.Clip(d.disturbances), &disturbance{
		Disturbance: Disturbance{Do: "revoke"}, at: d.options.Now(), serial: d.serial.Add(1)})
}

func (d *Directory) revokeRefresh(x *disturbance) {
	d.flows.mu.Lock()
	defer d.flows.mu.Unlock()
	for _, t := range d.flows.refresh {
		if x.concerns(t.client, t.user) {
			t.revoked = true
		}
	}
}

// challenge is what a client has to ask for to satisfy a disturbance.
func (x *disturbance) challenge() string {
	return `{"access_token":{"nbf":{"essential":true,"value":"` + strconv.FormatInt(x.at.Unix(), 10) + `"}}}`
}

// refusedToken decides about a token by what was done to tokens since its issue.
func (d *Directory) refusedToken(claims Claims, now time.Time) *TokenError {
	user := ""
	if claims.Delegated() {
		user = claims.ObjectID
	}
	var expired, challenged *disturbance
	for _, x := range d.disturbed() {
		if x.Do == "skew" || !x.concerns(claims.AppID, user) {
			continue
		}
		older := claims.serial < x.serial
		switch {
		case x.Do == "expire" && older:
			expired = x
		case x.Do != "expire" && (older || x.For > 0 && now.Before(x.at.Add(time.Duration(x.For)))):
			challenged = x
		}
	}
	switch {
	case expired != nil:
		return &TokenError{Reason: Expired, Message: "Lifetime validation failed, the token is expired."}
	case challenged != nil:
		return &TokenError{Reason: Revoked, Claims: challenged.challenge(), Message: "Continuous access evaluation resulted in challenge with result: " +
			"InteractionRequired and code: TokenIssuedBeforeRevocationTimestamp"}
	}
	return nil
}

// claimsRequest is the claims parameter of a request, as far as it matters here.
type claimsRequest struct {
	continuous bool  // the client understands claims challenges (cp1)
	notBefore  int64 // the token must not be older than this second; 0: any
}

// parseClaims reads the claims parameter; "" asks for nothing.
func parseClaims(text string) (claimsRequest, *failure) {
	var out claimsRequest
	if text == "" {
		return out, nil
	}
	var request struct {
		AccessToken map[string]*struct {
			Value  json.RawMessage   `json:"value"`
			Values []json.RawMessage `json:"values"`
		} `json:"access_token"`
	}
	if err := json.Unmarshal([]byte(text), &request); err != nil {
		return out, failed(400, "invalid_request", 50146, "The 'claims' parameter is no valid JSON.")
	}
	if c := request.AccessToken["xms_cc"]; c != nil {
		for _, v := range c.Values {
			out.continuous = out.continuous || strings.EqualFold(string(v), `"cp1"`)
		}
	}
	if c := request.AccessToken["nbf"]; c != nil && len(c.Value) > 0 {
		n, err := strconv.ParseInt(strings.Trim(string(c.Value), `"`), 10, 64)
		if err != nil {
			return out, failed(400, "invalid_request", 50146, "The value of nbf in the 'claims' parameter is no number of seconds.")
		}
		out.notBefore = n
	}
	return out, nil
}

// issue says when a token counts as issued: its place in the order of things and
// its time. A request without the claims of an open challenge gets a token from
// before it.
func (d *Directory) issue(g grant) (serial uint64, at time.Time) {
	at, serial = d.options.Now().Truncate(time.Second), d.serial.Add(1)
	user := ""
	if g.user != nil {
		user = g.user.ObjectID
	}
	var skew time.Duration
	for _, x := range d.disturbed() {
		if !x.concerns(g.application.ClientID, user) {
			continue
		}
		switch {
		case x.Do == "skew":
			skew += time.Duration(x.For)
		case x.Do == "claims" && g.claims.notBefore < x.at.Unix() && serial > x.serial:
			serial, at = x.serial-1, x.at.Truncate(time.Second)
		}
	}
	return serial, at.Add(skew)
}
