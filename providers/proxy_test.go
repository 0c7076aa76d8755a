package providers

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// A proxy that is named and is none is refused: the standard library would go past it.
func TestProxyThatIsNoneIsRefused(t *testing.T) {
	to, err := url.Parse("https://graph.example.com/v1.0/me")
	if err != nil {
		t.Fatal(err)
	}
	for value, usable := range map[string]bool{
		"": true, "http://proxy.example:3128": true, "proxy.example:3128": true, "proxy.example": true, "https://user:pass%20word@proxy.example": true, "socks5://127.0.0.1:1080": true,
		"http://[::1]:3128": true, "[::1]:3128": true,
		"://bad": false, "http://[::1": false, "ftp://x": false, "http://": false, "http:///path": false, "http://proxy:0": false, "http://proxy:99999": false, "http://proxy:port": false,
		"file:///etc/passwd": false, "socks4://x": false, "http://a b": false, "\x00": false, ":": false, ":3128": false, "http://user:s3cr3t@": false,
	} {
		for _, name := range []string{"HTTPS_PROXY", "https_proxy"} {
			err := proxyProblem(func(asked string) string {
				if asked == name {
					return value
				}
				return ""
			}, to)
			if (err == nil) != usable {
				t.Errorf("%s=%q: %v", name, value, err)
			}
			var known *Error
			if err != nil && (!errors.As(err, &known) || known.Class != Unreachable || !strings.Contains(known.Message.Or(""), name+" names no proxy") || known.Advice == "" || value != ":" && strings.Contains(err.Error(), value) || strings.Contains(err.Error(), "s3cr3t")) {
				t.Errorf("%s=%q says %v", name, value, err)
			}
		}
	}
	// HTTP_PROXY is not that of https.
	if err := proxyProblem(func(name string) string { return map[string]string{"HTTP_PROXY": "ftp://x"}[name] }, to); err != nil {
		t.Error(err)
	}
	// Hosts that are reached without one are reached.
	for none, without := range map[string]bool{"example.com": true, ".example.com": true, "other.example": false, "*": true, "": false} {
		err := proxyProblem(func(name string) string { return map[string]string{"HTTPS_PROXY": "ftp://x", "NO_PROXY": none}[name] }, to)
		if (err == nil) != without {
			t.Errorf("NO_PROXY=%q: %v", none, err)
		}
	}
}

// proxyChild makes a process of this test answer as the standard library would.
const proxyChild = "ROOMDESK_TEST_PROXY_CHILD"

func TestMain(m *testing.M) {
	if hosts := os.Getenv(proxyChild); hosts != "" {
		out := map[string]bool{}
		for host := range strings.FieldsSeq(hosts) {
			proxy, err := http.ProxyFromEnvironment(&http.Request{URL: &url.URL{Scheme: "https", Host: host}})
			out[host] = err == nil && proxy == nil
		}
		if err := json.NewEncoder(os.Stdout).Encode(out); err != nil {
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// What is reached without a proxy is the same as in the standard library, which tells
// it only for the environment that a process was started with.
func TestNoProxyIsReadAsTheStandardLibraryDoes(t *testing.T) {
	hosts := strings.Fields("example.com graph.example.com notexample.com example.com:8443 10.1.2.3 10.9.9.9:8443 [2001:db8::7] localhost 127.0.0.1 [::1]:9 Example.COM com a.b.example.com 1.2.3.4 [::ffff:10.1.2.3] example.com.")
	for _, none := range []string{
		"", "*", "example.com", ".example.com", "*.example.com", "EXAMPLE.com", "example.com:8443", "10.0.0.0/8", "10.1.2.3", "10.9.9.9:8443", "2001:db8::/32", "[2001:db8::7]:443", "2001:db8::7",
		" example.com , 1.2.3.4 ", ",,", ":8443", "com", "*example.com", "graph.example.com,10.1.2.0/24", ".", "example.com:443", "nonsense/33",
	} {
		self, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		child := exec.CommandContext(t.Context(), self)
		child.Env = []string{proxyChild + "=" + strings.Join(hosts, " "), "HTTPS_PROXY=http://proxy.example:3128", "NO_PROXY=" + none, "GORACE=atexit_sleep_ms=0"}
		text, err := child.Output()
		var want map[string]bool
		if err == nil {
			err = json.NewDecoder(bytes.NewReader(text)).Decode(&want)
		}
		if err != nil || len(want) != len(hosts) {
			t.Fatalf("%v: %s", err, text)
		}
		for _, host := range hosts {
			u := &url.URL{Scheme: "https", Host: host}
			port := u.Port()
			if port == "" {
				port = "443"
			}
			if got := withoutProxy(none, u.Hostname(), port); got != want[host] {
				t.Errorf("NO_PROXY=%q: %s is reached without a proxy: %v, by the standard library %v", none, host, got, want[host])
			}
		}
	}
}
