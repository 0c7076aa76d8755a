package graph

import (
	"strings"

	"roomdesk/providers"
)

// CheckGUID is [providers.IsGUID].
func CheckGUID(text string) bool { return providers.IsGUID(text) }

// CheckSecret refuses what cannot be a client secret's Value, before any request
// is made. Its errors do not contain the secret.
func CheckSecret(secret string) error {
	trimmed := strings.TrimSpace(secret)
	switch {
	case trimmed == "":
		return refuse("the client secret is empty", "copy the Value column of the secret in the app registration, under Certificates & secrets")
	case CheckGUID(trimmed):
		return refuse("this looks like the Secret ID; copy the Value column", "the Value is shown only once, right after the secret was made: if it is gone, make a new secret")
	case trimmed != secret || strings.ContainsAny(secret, "\r\n\t\x00"):
		return refuse("the client secret has blanks, tabs or line breaks in or around it", "copy the Value once more, without what surrounds it")
	case len(secret) > 2000:
		return refuse("the client secret is longer than any secret", "copy the Value column only")
	}
	return nil
}

// CheckTenant accepts a tenant's GUID or a domain such as contoso.com. The
// placeholders "common", "organizations" and "consumers" name no tenant that an
// application could sign in to.
func CheckTenant(tenant string) error {
	const advice = "use the Directory (tenant) ID from the app registration's overview, or a verified domain"
	switch strings.ToLower(tenant) {
	case "":
		return refuse("the tenant is missing", advice)
	case "common", "organizations", "consumers":
		return refuse("\""+tenant+"\" names no tenant", advice)
	}
	if CheckGUID(tenant) && len(tenant) == 36 {
		return nil
	}
	if address, ok := providers.ParseAddress("x@" + tenant); ok && strings.Contains(tenant, ".") && address.Domain() == strings.ToLower(tenant) {
		return nil
	}
	return refuse("the tenant is neither a GUID nor a domain", advice)
}

// CheckClientID accepts an application's GUID.
func CheckClientID(id string) error {
	if CheckGUID(id) && len(id) == 36 {
		return nil
	}
	return refuse("the client ID is not a GUID", "use the Application (client) ID from the app registration's overview")
}

func refuse(what, advice string) error {
	return &providers.Error{Class: providers.Permanent, Op: "checking the connection's settings",
		Message: providers.Outside(what), Advice: advice}
}
