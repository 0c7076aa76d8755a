package simulator

import "net/http"

// parameters reads the body of an action. Graph refuses a parameter that the
// action does not have; ignored ones may come.
func (c *call) parameters(into any, ignored ...string) *problem {
	if p := strictDecode(c.body, into, ignored...); p != nil {
		return bad("BadRequest", "Unable to read JSON request payload. "+p.message)
	}
	return nil
}

// paging reads the options of a list that always fits one page; there is nothing
// to cut, but nonsense is refused as everywhere.
func (c *call) paging() *problem {
	for _, name := range []string{"$top", "$skip"} {
		if _, p := c.number(name, 0); p != nil {
			return p
		}
	}
	_, p := c.flag("$count")
	return p
}

// noMorePages refuses a $skiptoken where pages are counted with $skip: the tenant
// never handed one out.
func (c *call) noMorePages() *problem {
	if c.query.Has("$skiptoken") {
		return &problem{http.StatusBadRequest, "ErrorInvalidUrlQuery", "The skip token is invalid."}
	}
	return nil
}
