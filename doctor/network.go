package doctor

import (
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	"roomdesk/providers"
)

// hosts are what the connection talks to, each once.
func (e *examination) hosts() []string {
	if e.Server != nil {
		return []string{e.Server.Host()}
	}
	signIn, graph := e.Prober.Hosts()
	if signIn == graph {
		return []string{signIn}
	}
	return []string{signIn, graph}
}

// targets are the hosts that this machine itself connects to: proxies in place of
// what they lead to.
func (e *examination) targets() ([]string, string, error) {
	var out []string
	var through string
	for _, host := range e.hosts() {
		proxy, err := e.network().Proxy(host)
		if err != nil {
			return nil, "", err
		}
		if proxy != "" {
			host, through = proxy, " (the proxy of HTTPS_PROXY)"
		}
		if len(out) == 0 || out[len(out)-1] != host {
			out = append(out, host)
		}
	}
	return out, through, nil
}

func (e *examination) names(ctx context.Context) outcome {
	if e.network() == nil {
		return notRun("needs settings")
	}
	targets, through, err := e.targets()
	if err != nil {
		return failed(fill(providers.Trouble{Doc: "network", What: "HTTPS_PROXY names no proxy that can be used, and nothing goes past it", Where: atMachine,
			Change: "correct it, for instance http://proxy.example.com:3128, or unset it; NO_PROXY names hosts that are reached without"}, err))
	}
	var seen []string
	for _, host := range targets {
		name, _, _ := net.SplitHostPort(host)
		if net.ParseIP(strings.Trim(name, "[]")) != nil {
			seen = append(seen, name+" is an address")
			continue
		}
		addresses, err := e.network().Resolve(ctx, host)
		if err != nil {
			change := "correct the name server, or the host name"
			switch {
			case e.Server != nil:
				change += " in server"
			case e.Connection.CloudName() == "custom":
				change += " in authority_url and graph_url"
			}
			return failed(fill(providers.Trouble{Doc: "network", What: "the name " + name + through + " cannot be looked up", Where: "in this machine's network settings", Change: change}, err))
		}
		if len(addresses) > 0 {
			seen = append(seen, name+" is "+addresses[0])
		}
	}
	return passed(strings.Join(seen, ", ") + through)
}

func (e *examination) connections(ctx context.Context) outcome {
	targets, through, err := e.targets()
	if err != nil {
		return unknown(err)
	}
	var seen []string
	for _, host := range targets {
		address, err := e.network().Connect(ctx, host)
		if err != nil {
			what, change := "no connection to "+host+through, "let this machine reach "+host+", or set HTTPS_PROXY to your proxy"
			if through != "" {
				change = "correct HTTPS_PROXY, or start the proxy"
			}
			return failed(fill(providers.Trouble{Doc: "network", What: what, Where: atNetwork, Change: change}, err))
		}
		seen = append(seen, address)
	}
	return passed(strings.Join(seen, ", ") + " answers" + through)
}

// tls makes a secure connection to each host. Whose certificate answers is the
// evidence: Microsoft's, or that of a proxy which reads along.
func (e *examination) tls(ctx context.Context) outcome {
	var seen []string
	for _, host := range e.hosts() {
		h, err := e.network().Handshake(ctx, host)
		if err != nil {
			return e.untrusted(h, err)
		}
		if h.Date.IsZero() {
			seen = append(seen, host+" without a date")
		} else {
			seen = append(seen, fmt.Sprintf("%s by %s", host, h.Issuer.Or("an authority without a name")))
		}
		if e.skewed.IsZero() && !h.Date.IsZero() {
			e.skewed, e.skew = h.Between, h.Date.Sub(h.Between)
		}
	}
	return passed(strings.Join(seen, ", "))
}

func (e *examination) untrusted(h providers.HostSeen, err error) outcome {
	t := providers.Trouble{Doc: "17", Where: atNetwork}
	now := e.Now()
	switch {
	case !providers.Is(err, providers.UntrustedHost):
		if o, ok := e.common(err); ok {
			return o
		}
		return unknown(err)
	case h.NotAfter.IsZero():
		t.What, t.Change = "the certificate of "+h.Host+" cannot be checked", "look at what answers there"
	case now.Before(h.NotBefore):
		t.Mistake, t.Where = 17, atMachine
		t.What = fmt.Sprintf("the certificate of %s begins only on %s and this machine's clock says %s", h.Host, day(h.NotBefore), day(now))
		t.Change = "set the clock: it is behind"
	case now.After(h.NotAfter):
		t.Mistake, t.Where = 17, atMachine
		t.What = fmt.Sprintf("the certificate of %s ended on %s and this machine's clock says %s", h.Host, day(h.NotAfter), day(now))
		t.Change, t.Or = "set the clock: it is ahead", "the certificate is really old: then who runs the host has to renew it"
	default:
		t.Mistake = 17
		t.What = fmt.Sprintf("this machine does not trust %s, which signed the certificate that answers for %s: a proxy that inspects TLS stands between", h.Issuer.Or("the authority"), h.Host)
		t.Change = "give the proxy's CA certificate with connect --ca-file (ca_file), and never go on without"
		if e.Connection.CAFile != "" {
			t.Where, t.Or = atConfig, "ca_file is that of another host"
			t.Change = "put the certificate of that authority into ca_file"
		}
	}
	return failed(fill(t, err))
}

func day(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// clock compares this machine's clock with that of the service's answers.
func (e *examination) clock(context.Context) outcome {
	if e.skewed.IsZero() {
		return notRun("no answer carries a date")
	}
	way := "behind"
	if e.skew < 0 {
		way = "ahead"
	}
	off := e.skew.Abs().Round(time.Second)
	if off > skewAllowed {
		return failed(providers.Trouble{Mistake: 17, Doc: "17", Class: providers.Local,
			What:  fmt.Sprintf("this machine's clock is %s %s the service's", providers.Age(off), way),
			Where: atMachine, Change: "set the clock, best by itself over the network (NTP)"})
	}
	if off <= 2*time.Second {
		return passed("as the service's")
	}
	return passed(fmt.Sprintf("%s %s the service's, which is allowed", providers.Age(off), way))
}
