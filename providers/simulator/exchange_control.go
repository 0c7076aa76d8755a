package simulator

import (
	"net/http"
	"slices"
	"strings"

	"roomdesk/providers/simulator/exchange"
)

// handleExchange adds the switches of the Exchange face to the control address.
//
//	GET    /exchange                the settings, what accounts have used, and how often the password was judged
//	PATCH  /exchange                changes what is named of the settings
//	DELETE /exchange/subscriptions  all subscriptions are forgotten
func (t *Tenant) handleExchange(mux *http.ServeMux) {
	tell := func() (any, error) {
		settings, ok := t.ExchangeSettings()
		if !ok {
			return nil, errNoExchange
		}
		usage := t.exchange.Usage()
		slices.SortFunc(usage, func(a, b exchange.Usage) int { return strings.Compare(a.Account, b.Account) })
		return map[string]any{"settings": settings, "usage": usage, "sign_ins": t.ExchangeSignIns()}, nil
	}
	mux.HandleFunc("GET /exchange", func(w http.ResponseWriter, _ *http.Request) {
		out, err := tell()
		if err != nil {
			t.writeControl(w, http.StatusNotFound, map[string]string{"error": err.Error()})
			return
		}
		t.writeControl(w, http.StatusOK, out)
	})
	mux.HandleFunc("PATCH /exchange", func(w http.ResponseWriter, r *http.Request) {
		settings, _ := t.ExchangeSettings()
		t.answerControl(w, r, &settings, func() (any, error) {
			if err := t.SetExchange(settings); err != nil {
				return nil, err
			}
			return tell()
		})
	})
	mux.HandleFunc("DELETE /exchange/subscriptions", func(w http.ResponseWriter, _ *http.Request) {
		if t.exchange != nil {
			t.exchange.EndSubscriptions()
		}
		w.WriteHeader(http.StatusNoContent)
	})
}
