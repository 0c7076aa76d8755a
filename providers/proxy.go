package providers

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
)

// Proxy is [http.ProxyFromEnvironment] for a transport, but for a proxy that is named
// and is none: that one is an error of class Unreachable, where the standard library goes
// without a proxy, past the one that somebody wanted. Hosts of NO_PROXY and of this
// machine itself are reached without, as ever.
func Proxy(req *http.Request) (*url.URL, error) {
	if err := proxyProblem(os.Getenv, req.URL); err != nil {
		return nil, err
	}
	return http.ProxyFromEnvironment(req)
}

// ProxyHost is where a proxy listens, host and port; "" is none.
func ProxyHost(proxy *url.URL) string {
	if proxy == nil {
		return ""
	}
	if proxy.Port() != "" {
		return proxy.Host
	}
	port := "80"
	switch proxy.Scheme {
	case "https":
		port = "443"
	case "socks5", "socks5h":
		port = "1080"
	}
	return net.JoinHostPort(proxy.Hostname(), port)
}

// proxyProblem says why the proxy for an address cannot be used. Its value is not in
// the error: it may have a password in it.
func proxyProblem(env func(string) string, to *url.URL) error {
	name, value := firstSet(env, "HTTPS_PROXY", "https_proxy")
	if to.Scheme == "http" {
		name, value = firstSet(env, "HTTP_PROXY", "http_proxy")
	}
	if value == "" || usableProxy(value) {
		return nil
	}
	port := to.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[to.Scheme]
	}
	if _, none := firstSet(env, "NO_PROXY", "no_proxy"); withoutProxy(none, to.Hostname(), port) {
		return nil
	}
	return &Error{Class: Unreachable, Op: "reading the proxy's address", Message: Outside(name + " names no proxy that can be used, so nothing was sent"),
		Advice: "correct " + name + ", for instance http://proxy.example.com:3128, or unset it; NO_PROXY names hosts that are reached without"}
}

func firstSet(env func(string) string, names ...string) (name, value string) {
	for _, name := range names {
		if value := env(name); value != "" {
			return name, value
		}
	}
	return names[0], ""
}

// usableProxy reports whether the standard library's transport has a way to a proxy.
// Without a scheme it is taken for http.
func usableProxy(value string) bool {
	u, err := url.Parse(value)
	if !strings.Contains(value, "://") {
		if u, err = url.Parse("http://" + value); err != nil {
			return false
		}
	}
	if err != nil {
		return false
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return false
		}
	}
	return u.Hostname() != "" && !strings.ContainsAny(u.Hostname(), " ") && slices.Contains([]string{"http", "https", "socks5", "socks5h"}, u.Scheme)
}

// withoutProxy reports whether NO_PROXY, as the standard library reads it, or where the
// host is says that it is reached without a proxy.
func withoutProxy(list, host, port string) bool {
	host = strings.ToLower(host)
	ip, err := netip.ParseAddr(host)
	isIP := err == nil
	ip = ip.Unmap()
	if host == "localhost" || isIP && ip.IsLoopback() {
		return true
	}
	for entry := range strings.SplitSeq(list, ",") {
		if entry = strings.ToLower(strings.TrimSpace(entry)); entry == "" {
			continue
		}
		if entry == "*" {
			return true
		}
		if block, err := netip.ParsePrefix(entry); err == nil {
			if isIP && block.Contains(ip) {
				return true
			}
			continue
		}
		only := ""
		if name, number, err := net.SplitHostPort(entry); err == nil {
			if name == "" {
				continue
			}
			entry, only = strings.Trim(name, "[]"), number
		}
		if only != "" && only != port {
			continue
		}
		if address, err := netip.ParseAddr(entry); err == nil {
			if isIP && address.Unmap() == ip {
				return true
			}
			continue
		}
		if strings.HasPrefix(entry, "*.") {
			entry = entry[1:]
		}
		if strings.HasPrefix(entry, ".") && strings.HasSuffix(host, entry) || host == entry || strings.HasSuffix(host, "."+entry) {
			return true
		}
	}
	return false
}
