package simulator

import "crypto/sha256"

// Well-known first-party applications by client id.
const (
	graphAppID     = "00000003-0000-0000-c000-000000000000"
	exchangeAppID  = "00000002-0000-0ff1-ce00-000000000000"
	microsoftOwner = "f8cdef31-a31e-4b4a-93e4-5f571e91255a"
)

// publishedPermission is one entry of a resource's appRoles or
// oauth2PermissionScopes. Ids without one are made up and stable.
type publishedPermission struct {
	name, id, text string
	adminOnly      bool // delegated: only an administrator consents
}

// graphRoles are Graph's application permissions as far as calendars, places and
// the directory go. The ids of the first six are known from public sources, the
// others are believed.
var graphRoles = [...]publishedPermission{
	{"Calendars.ReadWrite", "ef54d2bf-783f-4e0f-bca1-3210c0444d99", "Read and write calendars in all mailboxes", true},
	{"User.Read.All", "df021288-bdef-4463-88db-98f22de89214", "Read all users' full profiles", true},
	{"Place.Read.All", "913b9306-0ce1-42b8-9137-6a7df690a760", "Read all company places", true},
	{"Calendars.Read", "798ee544-9d2d-430c-a058-570e29e34338", "Read calendars in all mailboxes", true},
	{"Organization.Read.All", "498476ce-e0fe-48b0-b801-37ba7e2685c6", "Read organization information", true},
	{"MailboxSettings.Read", "40f97065-369a-49f4-947c-6a255697ae91", "Read all user mailbox settings", true},
	{"MailboxSettings.ReadWrite", "6931bccd-447a-43d1-b442-00a195474933", "Read and write all user mailbox settings", true},
	{"Calendars.ReadBasic", "", "Read basic details of calendars in all mailboxes", true},
	{"Calendars.ReadBasic.All", "8ba4a692-bc31-4128-9094-475872af8a53", "Read basic details of calendars in all mailboxes", true},
	{"User.ReadBasic.All", "97235f07-e226-4f63-ace3-39588e11d3a1", "Read all users' basic profiles", true},
	{"User.ReadWrite.All", "741f803b-c850-494e-b5df-cde7c675a1ca", "Read and write all users' full profiles", true},
	{"Organization.ReadWrite.All", "292d869f-3427-49a8-9dab-8c70152b74e9", "Read and write organization information", true},
	{"Directory.Read.All", "7ab1d382-f21e-4acd-a863-ba3e13f7da61", "Read directory data", true},
	{"Directory.ReadWrite.All", "19dbc75e-c2e2-444c-a770-ec69d8559fc7", "Read and write directory data", true},
	{"Application.Read.All", "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30", "Read all applications", true},
	{"Application.ReadWrite.All", "1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9", "Read and write all applications", true},
	{"Mail.ReadBasic", "6be147d2-ea4f-4b5a-a3fa-3eab6f3c140a", "Read basic mail in all mailboxes", true},
	{"Mail.ReadBasic.All", "693c5e45-0940-467d-9b8a-1022fb9d42ef", "Read basic mail in all mailboxes", true},
	{"Mail.Read", "810c84a8-4a9e-49e6-bf7d-12d183f40d01", "Read mail in all mailboxes", true},
	{"Mail.ReadWrite", "e2a3a72e-5f79-4c64-b1b1-878b674786c9", "Read and write mail in all mailboxes", true},
	{"Mail.Send", "b633e1c5-b582-4048-a93e-9f11b44c7e96", "Send mail as any user", true},
}

// graphScopes are Graph's delegated permissions; all ids are believed.
var graphScopes = [...]publishedPermission{
	{"User.Read", "e1fe6dd8-ba31-4d61-89e7-88639da4683d", "Sign in and read user profile", false},
	{"User.ReadWrite", "b4e74841-8e56-480b-be8b-910348b18b4c", "Read and write access to user profile", false},
	{"User.ReadBasic.All", "b340eb25-3456-403f-be2f-af7a0d370277", "Read all users' basic profiles", false},
	{"User.Read.All", "a154be20-db9c-4678-8ab7-66f6cc099a59", "Read all users' full profiles", true},
	{"Calendars.ReadBasic", "662d75ba-a364-42ad-adee-f5f880ea4878", "Read basic details of user calendars", false},
	{"Calendars.Read", "465a38f9-76ea-45b9-9f34-9e8b0d4b0b42", "Read user calendars", false},
	{"Calendars.ReadWrite", "1ec239c2-d7c9-4623-a91a-a9775856bb36", "Have full access to user calendars", false},
	{"Calendars.Read.Shared", "2b9c4092-424d-4249-948d-b43879977640", "Read user and shared calendars", false},
	{"Calendars.ReadWrite.Shared", "12466101-c9b8-439a-8589-dd09ee67e8e9", "Read and write user and shared calendars", false},
	{"MailboxSettings.Read", "87f447af-9fa4-4c32-9dfa-4a57a73d18ce", "Read user mailbox settings", false},
	{"MailboxSettings.ReadWrite", "818c620a-27a9-40bd-a6a5-d96f7d610b4b", "Read and write user mailbox settings", false},
	{"Mail.Read", "570282fd-fa5c-430d-a7fd-fc8dc98a9dca", "Read user mail", false},
	{"Place.Read.All", "cb8f45a0-5c2e-4ea1-b803-84b870a7d7ec", "Read all company places", true},
	{"Place.ReadWrite.All", "", "Read and write organization places", true},
	{"Organization.Read.All", "4908d5b9-3fb2-4b1e-9336-1888b7937185", "Read organization information", true},
	{"Application.Read.All", "c79f8feb-a9db-4090-85f9-90d820caa0eb", "Read applications", true},
	{"Directory.Read.All", "06da0dbc-49e2-44d2-8312-53f166ab848a", "Read directory data", true},
	{"openid", "37f7f235-527c-4136-accd-4a02d197296e", "Sign users in", false},
	{"profile", "14dad69e-099b-42c9-810b-d002981feec1", "View users' basic profile", false},
	{"email", "64a6cdd6-aab1-4aaf-94b8-3cc8405e90d0", "View users' email address", false},
	{"offline_access", "7427e0e9-2fba-42fe-b0c0-848c9e6a8182", "Maintain access to data you have given it access to", false},
}

// exchangeRoles are those of Office 365 Exchange Online; all ids are believed.
var exchangeRoles = [...]publishedPermission{
	{"full_access_as_app", "dc890d15-9560-4a4c-9b7f-a736ec74ec40", "Use Exchange Web Services with full access to all mailboxes", true},
	{"Exchange.ManageAsApp", "dc50a0fb-09a3-484d-be87-e023b12c6440", "Manage Exchange As Application", true},
}

var exchangeScopes = [...]publishedPermission{
	{"EWS.AccessAsUser.All", "3b5f3d61-589b-4a3c-a359-5dd4b5ee5bd5", "Access mailboxes as the signed-in user via Exchange Web Services", false},
}

// permissionID is a permission's published id, or a stable one of ours.
func (p publishedPermission) permissionID(kind string) string {
	if p.id != "" {
		return p.id
	}
	return stableGUID(kind + "/" + p.name)
}

// stableGUID makes the same GUID of the same text, at every start.
func stableGUID(text string) string {
	sum := sha256.Sum256([]byte(text))
	b := [16]byte(sum[:16])
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return guidText(b)
}
