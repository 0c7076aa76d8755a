package entra

import (
	"net/http"
	"slices"
	"strings"
)

// delegatedPermission is one of Graph's delegated permissions.
type delegatedPermission struct {
	name, text string
	admin      bool // only an administrator can consent
}

// delegatedPermissions are those that programs for calendars and places ask for,
// with the words of the consent page.
var delegatedPermissions = [...]delegatedPermission{
	{"User.Read", "Sign you in and read your profile", false},
	{"User.ReadWrite", "Read and update your profile", false},
	{"User.ReadBasic.All", "Read all users' basic profiles", false},
	{"User.Read.All", "Read all users' full profiles", true},
	{"User.ReadWrite.All", "Read and write all users' full profiles", true},
	{"Calendars.ReadBasic", "Read basic details of your calendars", false},
	{"Calendars.Read", "Read your calendars", false},
	{"Calendars.ReadWrite", "Have full access to your calendars", false},
	{"Calendars.Read.Shared", "Read calendars that you can access", false},
	{"Calendars.ReadWrite.Shared", "Read and write calendars that you can access", false},
	{"MailboxSettings.Read", "Read your mailbox settings", false},
	{"MailboxSettings.ReadWrite", "Read and write your mailbox settings", false},
	{"Place.Read.All", "Read all company places", true},
	{"Place.ReadWrite.All", "Read and write organization places", true},
	{"Organization.Read.All", "Read organization information", true},
	{"Application.Read.All", "Read applications", true},
	{"Directory.Read.All", "Read directory data", true},
	{"Directory.ReadWrite.All", "Read and write directory data", true},
}

// openIDScopes belong to no resource.
var openIDScopes = [...]delegatedPermission{
	{"openid", "Sign you in", false},
	{"profile", "View your basic profile", false},
	{"email", "View your email address", false},
	{"offline_access", "Maintain access to data you have given it access to", false},
}

func findPermission(list []delegatedPermission, name string) *delegatedPermission {
	for i := range list {
		if strings.EqualFold(list[i].name, name) {
			return &list[i]
		}
	}
	return nil
}

// scopeRequest is a parsed scope parameter of a person's sign-in.
type scopeRequest struct {
	resource string
	names    []string          // Graph's permissions by their short names
	asked    map[string]string // how the client wrote each name
	openID   []string
	all      bool // .default: all that is configured
}

func (s scopeRequest) wants(openID string) bool { return slices.Contains(s.openID, openID) }

// otherResources exist in every tenant, beside Graph; the simulated tenant has
// nothing behind them.
var otherResources = []string{"https://outlook.office365.com", "https://outlook.office.com", "https://management.azure.com", "https://graph.windows.net"}

// parseScopes reads the scope of a sign-in in which a person takes part. Entra
// takes short names for permissions of Graph.
func (d *Directory) parseScopes(scope string) (scopeRequest, *failure) {
	s := scopeRequest{asked: map[string]string{}}
	if strings.TrimSpace(scope) == "" {
		return s, failParameter("scope")
	}
	for one := range strings.FieldsSeq(scope) {
		if p := findPermission(openIDScopes[:], one); p != nil {
			if !s.wants(p.name) {
				s.openID = append(s.openID, p.name)
			}
			continue
		}
		resource, name := "", one
		if i := strings.LastIndexByte(one, '/'); i >= 0 {
			resource, name = one[:i], one[i+1:]
		}
		switch {
		case resource == "":
			resource = d.audience()
		case d.serves(resource):
		case slices.ContainsFunc(otherResources, func(known string) bool { return strings.EqualFold(known, strings.TrimRight(resource, "/")) }):
			return s, failed(http.StatusBadRequest, "invalid_resource", 650057,
				"Invalid resource. The client has requested access to a resource which is not listed in the requested permissions in the client's application registration. "+
					"Resource value from request: %s.", resource)
		default:
			return s, d.failResource(resource)
		}
		if s.resource == "" {
			s.resource = resource
		} else if !strings.EqualFold(s.resource, resource) && (!d.serves(s.resource) || !d.serves(resource)) {
			return s, failed(http.StatusBadRequest, "invalid_request", 28000,
				"Provided value for the input parameter scope is not valid because it contains more than one resource. Scope %s is not valid.", scope)
		}
		if strings.EqualFold(name, ".default") {
			s.all = true
			continue
		}
		p := findPermission(delegatedPermissions[:], name)
		if p == nil {
			return s, failScope(one)
		}
		if s.asked[p.name] == "" {
			s.names, s.asked[p.name] = append(s.names, p.name), one
		}
	}
	if s.all && len(s.names) > 0 {
		return s, failed(http.StatusBadRequest, "invalid_scope", 70011,
			"The provided value for the input parameter 'scope' is not valid. The scope %s is not valid. .default scope can't be combined with resource-specific scopes.", scope)
	}
	if s.resource == "" {
		s.resource = d.audience()
	}
	return s, nil
}

func (d *Directory) failResource(resource string) *failure {
	return failed(http.StatusBadRequest, "invalid_resource", 500011,
		"The resource principal named %s was not found in the tenant named %s. This can happen if the application has not been "+
			"installed by the administrator of the tenant or consented to by any user in the tenant. "+
			"You might have sent your authentication request to the wrong tenant.", resource, d.options.TenantName)
}

// consented are the delegated permissions that hold for a person: those of the
// whole tenant and the person's own.
func (a *Application) consented(user string) []string {
	return append(slices.Clone(a.TenantScopes), a.UserScopes[user]...)
}

// resolve names the permissions that a request is about, and those among them
// that nobody consented to yet.
func (s scopeRequest) resolve(a *Application, user string) (names, missing []string, f *failure) {
	have := a.consented(user)
	names = s.names
	if s.all {
		if len(a.Scopes) == 0 && len(have) == 0 {
			return nil, nil, failed(http.StatusBadRequest, "invalid_client", 650056,
				"Misconfigured application. This could be due to one of the following: the client has not listed any permissions for 'Microsoft Graph' "+
					"in the requested permissions in the client's application registration. Or, the admin has not consented in the tenant. "+
					"Or, check the application identifier in the request to ensure it matches the configured client application identifier.")
		}
		names = slices.Clone(a.Scopes)
		for _, name := range have {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	for _, name := range names {
		if !slices.Contains(have, name) {
			missing = append(missing, name)
		}
	}
	return names, missing, nil
}

// answer is the scope parameter of a token answer: names in the client's spelling.
func (s scopeRequest) answer(names []string) string {
	var out []string
	for _, name := range names {
		if asked := s.asked[name]; asked != "" {
			out = append(out, asked)
		} else {
			out = append(out, strings.TrimRight(s.resource, "/")+"/"+name)
		}
	}
	for _, name := range s.openID {
		if name != "offline_access" {
			out = append(out, name)
		}
	}
	if s.all {
		out = append(out, strings.TrimRight(s.resource, "/")+"/.default")
	}
	return strings.Join(out, " ")
}
