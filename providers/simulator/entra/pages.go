package entra

import (
	"bytes"
	"html/template"
	"net/http"
	"net/url"
	"strconv"

	"github.com/google/uuid"
)

// page is one of the pages that people see: plain HTML that needs no script.
type page struct {
	Title, Heading  string
	Tenant, Account string
	Error           string
	Text, List      []string
	Accounts        []account // of the browser's session, to pick from
	Action          string
	Hidden          []field
	Inputs          []input
	Buttons         []button
}

type field struct{ Name, Value string }

type input struct{ Name, Label, Kind, Value string }

type button struct{ Value, Text string }

// ID, Name and Display are for the template.
func (a account) ID() string      { return a.id }
func (a account) Name() string    { return a.name }
func (a account) Display() string { return a.display }

// pageTemplate is well-formed XML too, so that simple programs can read it.
var pageTemplate = template.Must(template.New("page").Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"/><meta name="viewport" content="width=device-width, initial-scale=1"/>
<title>{{.Title}}</title><style>body{font-family:sans-serif;max-width:34em;margin:3em auto;padding:0 1em}label,button{display:block;margin:.6em 0}[role=alert]{color:#a00}</style></head>
<body><main>{{with .Tenant}}<p id="tenant">{{.}}</p>{{end}}{{with .Account}}<p id="account">{{.}}</p>{{end}}
<h1>{{.Heading}}</h1>
{{with .Error}}<p id="error" role="alert">{{.}}</p>
{{end}}{{range .Text}}<p>{{.}}</p>
{{end}}{{if .List}}<ul>{{range .List}}<li>{{.}}</li>{{end}}</ul>
{{end}}{{if .Action}}<form method="post" action="{{.Action}}">
{{range .Hidden}}<input type="hidden" name="{{.Name}}" value="{{.Value}}"/>
{{end}}{{range .Accounts}}<button type="submit" name="account" value="{{.ID}}">{{.Display}} {{.Name}} (signed in)</button>
{{end}}{{range .Inputs}}<label for="{{.Name}}">{{.Label}}</label><input id="{{.Name}}" name="{{.Name}}" type="{{.Kind}}" value="{{.Value}}" autocomplete="off"/>
{{end}}{{range .Buttons}}<button type="submit"{{with .Value}} name="action" value="{{.}}"{{end}}>{{.Text}}</button>
{{end}}</form>
{{end}}</main></body></html>
`))

// form makes a page one of a sign-in: with the fields that name it and with what
// the last form got wrong.
func (i *interaction) form(p page, d *Directory, r *http.Request) page {
	path := "/common/login"
	if u, err := url.Parse(d.authority(r)); err == nil {
		path = u.Path + path
	}
	p.Action, p.Hidden = path, []field{{"flow", i.id}, {"csrf", i.csrf}}
	if i.wrong != nil {
		p.Error = d.describe(r, i.wrong)
	}
	return p
}

// pickPage lists the accounts that are signed in to the browser.
func pickPage(i *interaction, b *browser) page {
	return page{Title: "Pick an account", Heading: "Pick an account", Accounts: b.accounts, Buttons: []button{{"other", "Use another account"}, {"cancel", "Cancel"}}}
}

func (d *Directory) writePage(w http.ResponseWriter, r *http.Request, status int, p page) {
	var body bytes.Buffer
	if err := pageTemplate.Execute(&body, p); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store, no-cache")
	h.Set("Pragma", "no-cache")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'")
	h.Set("x-ms-request-id", uuid.NewString())
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body.Bytes()) // the browser may be gone; nobody is left to tell
	}
}

// writeErrorPage tells the person what the application did wrong: nothing may be
// sent to an address that is not known to be the application's.
func (d *Directory) writeErrorPage(w http.ResponseWriter, r *http.Request, f *failure) {
	d.writePage(w, r, http.StatusBadRequest, page{Title: "Sign in to your account", Heading: "Sorry, but we're having trouble signing you in.", Error: d.describe(r, f)})
}

// errorURI is where a code is explained.
func (d *Directory) errorURI(r *http.Request, code int) string {
	return d.authority(r) + "/error?code=" + strconv.Itoa(code)
}
