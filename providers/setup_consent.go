package providers

import "time"

// ConsentReturnPlace is where the redirect address is registered, in the portal's words.
const ConsentReturnPlace = "Entra admin center > App registrations > roomdesk > Authentication > Add a platform > Mobile and desktop applications: http://localhost"

// ConsentGiven is what came back after an administrator's consent: what the browser was
// told, not yet what a token carries.
type ConsentGiven struct {
	TenantID string // lower-case GUID
	At       time.Time
}

// ConsentPrompt is what an administrator needs in order to consent with an answer that
// comes back. It holds nothing secret.
type ConsentPrompt struct {
	Address string // to be opened in a browser; nothing opens it but the person
	Expires time.Time
	// Paste takes the address at which a browser of another machine ended. An error says
	// that it is not the answer to Address.
	Paste func(address string) error
}
