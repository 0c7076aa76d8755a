package simulator

import "net/http"

func (t *Tenant) controlHandler() http.Handler { return http.NotFoundHandler() }
