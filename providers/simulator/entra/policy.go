package entra

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// refusable are the codes that only a tenant's policy or the service's own state
// brings about, with the answer that goes with each; see [Directory.Refuse].
var refusable = map[int]failure{
	50012:   {status: http.StatusUnauthorized, kind: "invalid_client", message: "Authentication failed."},
	50033:   {status: http.StatusServiceUnavailable, kind: "temporarily_unavailable", message: "A transient error has occurred. Please try again."},
	50053:   {status: http.StatusBadRequest, kind: "invalid_grant", message: "The account is locked, you've tried to sign in too many times with an incorrect user ID or password."},
	50076:   {status: http.StatusBadRequest, kind: "interaction_required", suberror: "basic_action", message: "Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication to access the resource."},
	50079:   {status: http.StatusBadRequest, kind: "interaction_required", suberror: "basic_action", message: "Due to a configuration change made by your administrator, or because you moved to a new location, you must enroll in multi-factor authentication to access the resource."},
	50158:   {status: http.StatusBadRequest, kind: "interaction_required", suberror: "basic_action", message: "External security challenge not satisfied. User will be redirected to another page or authentication provider to satisfy additional authentication challenges."},
	50196:   {status: http.StatusBadRequest, kind: "invalid_grant", message: "The server terminated an operation because it encountered a client request loop. Please contact your app vendor."},
	53000:   {status: http.StatusBadRequest, kind: "interaction_required", suberror: "message_only", message: "Device is not in required device state: compliant. Conditional Access policy requires a compliant device, and the device is not compliant."},
	53001:   {status: http.StatusBadRequest, kind: "interaction_required", suberror: "message_only", message: "Device is not in required device state: domain_joined. Conditional Access policy requires a domain joined device, and the device is not domain joined."},
	53002:   {status: http.StatusBadRequest, kind: "interaction_required", suberror: "message_only", message: "The app used isn't an approved app for Conditional Access."},
	53003:   {status: http.StatusBadRequest, kind: "invalid_grant", suberror: "message_only", message: "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance."},
	53004:   {status: http.StatusBadRequest, kind: "interaction_required", suberror: "basic_action", message: "User needs to complete multi-factor authentication registration process before accessing this content."},
	53009:   {status: http.StatusBadRequest, kind: "interaction_required", suberror: "protection_policy_required", message: "Application needs to enforce Intune protection policies."},
	53010:   {status: http.StatusBadRequest, kind: "interaction_required", suberror: "message_only", message: "Can't configure multi-factor authentication methods because the organization requires this information to be set from specific locations or devices."},
	53011:   {status: http.StatusBadRequest, kind: "interaction_required", suberror: "message_only", message: "User blocked due to risk on home tenant."},
	530003:  {status: http.StatusBadRequest, kind: "interaction_required", suberror: "message_only", message: "Your device is required to be managed to access this resource."},
	70001:   {status: http.StatusBadRequest, kind: "unauthorized_client", message: "The application is disabled."},
	70002:   {status: http.StatusUnauthorized, kind: "invalid_client", message: "Error validating credentials."},
	700011:  {status: http.StatusBadRequest, kind: "unauthorized_client", message: "The application was not found in the directory."},
	7000112: {status: http.StatusBadRequest, kind: "unauthorized_client", message: "The application is disabled."},
	7000116: {status: http.StatusBadRequest, kind: "unauthorized_client", message: "The application is blocked."},
	90006:   {status: http.StatusServiceUnavailable, kind: "temporarily_unavailable", message: "The service is temporarily unavailable. Please retry later."},
	90033:   {status: http.StatusServiceUnavailable, kind: "temporarily_unavailable", message: "A transient error has occurred. Please try again."},
}

// Refusal makes sign-ins fail with a code that a policy of the tenant, or the
// service's state, brings about. Empty fields mean everybody.
type Refusal struct {
	Code     int    `json:"code"`                // AADSTS number
	ClientID string `json:"client_id,omitempty"` // only this application
	User     string `json:"user,omitempty"`      // only this person, by sign-in name
	Times    int    `json:"times,omitempty"`     // so many times; 0 is until removed
}

type refusal struct {
	Refusal
	user string // object id
	left int    // -1: without end
}

// RefusableCodes are the codes that [Directory.Refuse] knows.
func RefusableCodes() []int {
	var out []int
	for code := range refusable {
		out = append(out, code)
	}
	slices.Sort(out)
	return out
}

// Refuse switches a refusal on. remove switches it off.
func (d *Directory) Refuse(x Refusal) (remove func(), err error) {
	if _, known := refusable[x.Code]; !known {
		return nil, fmt.Errorf("entra: AADSTS%d is brought about by no policy; one of %v is", x.Code, RefusableCodes())
	}
	at := &refusal{Refusal: x, left: -1}
	if x.Times > 0 {
		at.left = x.Times
	}
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
	d.mu.Lock()
	defer d.mu.Unlock()
	d.refusals = append(d.refusals, at)
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.refusals = slices.DeleteFunc(d.refusals, func(y *refusal) bool { return y == at })
	}, nil
}

// Allow switches all refusals off.
func (d *Directory) Allow() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.refusals = nil
}

// refused finds the refusal that meets a sign-in of an application and, where one
// takes part, a person.
func (d *Directory) refused(clientID string, u *User) *failure {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i, x := range d.refusals {
		if x.ClientID != "" && !strings.EqualFold(x.ClientID, clientID) || x.user != "" && (u == nil || x.user != u.ObjectID) {
			continue
		}
		if x.left > 0 {
			if x.left--; x.left == 0 {
				d.refusals = slices.Delete(d.refusals, i, i+1)
			}
		}
		f := refusable[x.Code]
		f.code = x.Code
		if f.suberror == "basic_action" {
			f.claims = `{"access_token":{"capolids":{"essential":true,"values":["` + d.options.TenantID + `"]}}}`
		}
		return &f
	}
	return nil
}
