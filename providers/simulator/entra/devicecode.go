package entra

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// deviceCode is a sign-in on another device (RFC 8628).
type deviceCode struct {
	client   string // client id in lower case
	userCode string
	scopes   scopeRequest
	expires  time.Time
	polled   time.Time
	declined bool
	used     bool
	user     string // object id of who approved; "" while nobody did
	mfa      bool
}

// serveDeviceCode begins a sign-in on another device.
func (d *Directory) serveDeviceCode(w http.ResponseWriter, r *http.Request, tenant string) {
	code, value, f := d.newDeviceCode(w, r, tenant)
	if f != nil {
		d.writeFailure(w, r, f)
		return
	}
	page := d.authority(r) + "/common/oauth2/deviceauth"
	writeJSON(w, r, http.StatusOK, struct {
		UserCode        string `json:"user_code"`
		DeviceCode      string `json:"device_code"`
		VerificationURI string `json:"verification_uri"`
		ExpiresIn       int    `json:"expires_in"`
		Interval        int    `json:"interval"`
		Message         string `json:"message"`
	}{
		code.userCode, value, page, int(d.options.DeviceLife / time.Second), int(d.options.DeviceInterval / time.Second),
		fmt.Sprintf("To sign in, use a web browser to open the page %s and enter the code %s to authenticate.", page, code.userCode),
	})
}

func (d *Directory) newDeviceCode(w http.ResponseWriter, r *http.Request, tenant string) (*deviceCode, string, *failure) {
	if f := readForm(w, r); f != nil {
		return nil, "", f
	}
	clientID := r.PostForm.Get("client_id")
	if clientID == "" {
		return nil, "", failParameter("client_id")
	}
	application, f := d.findApplication(clientID)
	if f == nil {
		f = d.checkPeopleTenant(d.tenant(tenant), tenant, application)
	}
	if f != nil {
		return nil, "", f
	}
	scopes, f := d.parseScopes(r.PostForm.Get("scope"))
	if f != nil {
		return nil, "", f
	}
	now := d.options.Now()
	value := newToken("1.D")
	code := &deviceCode{client: strings.ToLower(application.ClientID), userCode: newUserCode(), scopes: scopes, expires: now.Add(d.options.DeviceLife)}
	d.flows.mu.Lock()
	defer d.flows.mu.Unlock()
	bound(d.flows.devices, func(c *deviceCode) bool { return now.After(c.expires) })
	for d.findDevice(code.userCode) != nil {
		code.userCode = newUserCode()
	}
	d.flows.devices[hashed(value)] = code
	return code, value, nil
}

// newUserCode makes nine characters that people can tell apart.
func newUserCode() string {
	const letters = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789" // 32 of them
	var b [9]byte
	_, _ = rand.Read(b[:]) // never fails: it ends the program instead
	for i := range b {
		b[i] = letters[b[i]%32]
	}
	return string(b[:])
}

// findDevice finds the sign-in that a person's code belongs to, if it can still
// be approved. The caller holds d.flows.mu.
func (d *Directory) findDevice(userCode string) *deviceCode {
	userCode = strings.ToUpper(strings.TrimSpace(userCode))
	now := d.options.Now()
	for _, c := range d.flows.devices {
		if same(c.userCode, userCode) && now.Before(c.expires) && !c.declined && c.user == "" {
			return c
		}
	}
	return nil
}

// earlyBy is how much too soon a poll may come: clocks and networks are not exact.
const earlyBy = 10 // one part in so many of the interval

// grantDevice is a poll. One that comes before the interval is over is told to
// slow down, whatever happened meanwhile.
func (d *Directory) grantDevice(q *tokenRequest) (grant, *failure) {
	value := q.form.Get("device_code")
	if value == "" {
		return grant{}, failParameter("device_code")
	}
	credential, f := d.authenticatePublic(q)
	if f != nil {
		return grant{}, f
	}
	code, f := d.poll(q, value)
	if f != nil {
		return grant{}, f
	}
	u := d.user(code.user)
	if u == nil {
		return grant{}, failed(http.StatusBadRequest, "invalid_grant", 50034, "The user account {EUII Hidden} does not exist in the %s directory.", d.options.TenantID)
	}
	return d.grantUser(q, grant{credential: credential, user: u, scopes: code.scopes, mfa: code.mfa, family: newToken("")})
}

func (d *Directory) poll(q *tokenRequest, value string) (deviceCode, *failure) {
	d.flows.mu.Lock()
	defer d.flows.mu.Unlock()
	code := d.flows.devices[hashed(value)]
	if code == nil || code.client != strings.ToLower(q.application.ClientID) {
		return deviceCode{}, failed(http.StatusBadRequest, "bad_verification_code", 70018, "Invalid verification code due to user typing in wrong user code for device code flow.")
	}
	now := d.options.Now()
	early := !code.polled.IsZero() && now.Before(code.polled.Add(d.options.DeviceInterval-d.options.DeviceInterval/earlyBy))
	code.polled = now
	switch {
	case !now.Before(code.expires):
		return *code, failed(http.StatusBadRequest, "expired_token", 70019, "Verification code expired. Have the user retry the sign-in.")
	case early:
		return *code, failed(http.StatusBadRequest, "slow_down", 70016, "OAuth 2.0 device flow error. The client polls faster than the interval allows.")
	case code.declined:
		return *code, failed(http.StatusBadRequest, "authorization_declined", 65004, "User declined to consent to access the app.")
	case code.used:
		return *code, failed(http.StatusBadRequest, "invalid_grant", 54005, "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token.")
	case code.user == "":
		return *code, failed(http.StatusBadRequest, "authorization_pending", 70016, "OAuth 2.0 device flow error. Authorization is pending. Continue polling.")
	}
	code.used = true
	return *code, nil
}
