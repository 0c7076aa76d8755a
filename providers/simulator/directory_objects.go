package simulator

import (
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// maxByIDs is how many ids one request may ask for.
const maxByIDs = 1000

// directoryObjects is POST /directoryObjects/getByIds. Ids that nobody has are
// left out without a word.
func (c *call) directoryObjects() answer {
	if c.depth() != 2 || c.name(1) != "getbyids" {
		return c.noSegment(c.segments[c.depth()-1])
	}
	if c.method != http.MethodPost {
		return c.wrongMethod()
	}
	if p := c.options("$select"); p != nil {
		return c.refuse(p)
	}
	var body struct {
		IDs   []string `json:"ids"`
		Types []string `json:"types"`
	}
	if p := c.parameters(&body); p != nil {
		return c.refuse(p)
	}
	if body.IDs == nil {
		return c.fail(http.StatusBadRequest, "Request_BadRequest", "The parameter ids is required.")
	}
	if len(body.IDs) > maxByIDs {
		return c.fail(http.StatusBadRequest, "Request_BadRequest", "Too many identifiers were specified: the limit is 1000.")
	}
	for _, id := range body.IDs {
		if _, err := uuid.Parse(id); err != nil {
			return c.fail(http.StatusBadRequest, "Request_BadRequest", "Invalid GUID:"+id)
		}
	}
	wants := func(kind string) bool {
		return len(body.Types) == 0 || slices.ContainsFunc(body.Types, func(t string) bool {
			t = strings.TrimPrefix(strings.ToLower(t), "microsoft.graph.")
			return t == strings.ToLower(kind) || t == "directoryobject"
		})
	}
	pick, p := c.selected("microsoft.graph.directoryObject", userProperties)
	if p != nil {
		return c.refuse(p)
	}
	names := userNames(pick)
	w := &writer{}
	w.open()
	w.string("@odata.context", c.context("directoryObjects"))
	w.key("value")
	w.b = append(w.b, '[')
	principals := c.t.servicePrincipals()
	sent := map[string]bool{}
	for _, id := range body.IDs {
		if id = strings.ToLower(id); sent[id] {
			continue
		}
		sent[id] = true
		if m := c.t.world.find(id); m != nil && wants("user") {
			w.open()
			w.string("@odata.type", "#microsoft.graph.user")
			w.user(m, names)
			w.close()
		}
		if sp := findPrincipal(principals, func(sp *servicePrincipal) bool { return sp.id == id }); sp != nil && wants("servicePrincipal") {
			w.open()
			w.string("@odata.type", "#microsoft.graph.servicePrincipal")
			c.t.principalBody(w, sp, nil)
			w.close()
		}
		if id == c.t.endpoints.TenantID && wants("organization") {
			w.open()
			w.string("@odata.type", "#microsoft.graph.organization")
			c.t.organizationProperties(w, nil)
			w.close()
		}
	}
	w.closeList()
	w.close()
	return c.ok(w)
}
