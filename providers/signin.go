package providers

import (
	"errors"
	"time"
)

// SignInWay is how a person signs in for a connection of their own.
type SignInWay string

// Ways of signing in.
const (
	// ByBrowser is a browser on this machine, which brings the answer back to it.
	ByBrowser SignInWay = "browser"
	// ByDeviceCode is a code that is entered on any device.
	ByDeviceCode SignInWay = "device code"
)

// SignInPrompt is what a person needs in order to sign in. It holds nothing secret:
// who else opens it signs in as themselves, which the confirmation afterwards shows.
type SignInPrompt struct {
	Way SignInWay
	// Address is an https address of the sign-in service, to be opened in a browser.
	// Nothing opens it but the person.
	Address string
	// Code is to be entered at Address; "" where the way is ByBrowser.
	Code string
	// Expires is when Address and Code stop to work, by the connection's clock.
	Expires time.Time
}

// SignedIn says who signed in.
type SignedIn struct {
	Account  string // the id under which the sign-in is kept
	Address  string // the sign-in name, as the service gave it
	TenantID string // lower-case GUID of the account's tenant
}

// ErrPromptExpired is what an error wraps where nobody signed in before
// [SignInPrompt.Expires]: beginning again gives a new prompt.
var ErrPromptExpired = errors.New("nobody signed in before the prompt expired")
