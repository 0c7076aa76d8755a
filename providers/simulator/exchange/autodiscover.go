package exchange

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
)

// elsewhere is where a redirect of Autodiscover leads away from this tenant.
const (
	elsewhere        = "https://autodiscover.attacker.example"
	elsewhereService = "https://mail.attacker.example/EWS/Exchange.asmx"
)

// ewsURL is where the service is reached.
func (s *Server) ewsURL() string { return s.root + "/EWS/Exchange.asmx" }

// onlineURL is where Exchange Online is reached.
const onlineURL = "https://outlook.office365.com/EWS/Exchange.asmx"

// autodiscover answers the JSON and the POX flavour.
func (c *Call) autodiscover(path string) Answer {
	path = strings.TrimPrefix(path, "/autodiscover/")
	switch {
	case path == "autodiscover.json" || strings.HasPrefix(path, "autodiscover.json/"):
		return c.discoverJSON(strings.TrimPrefix(path, "autodiscover.json"))
	case path == "autodiscover.xml":
		return c.discoverPOX()
	}
	return Answer{Status: http.StatusNotFound}
}

// serverOf is the address of the service that has a mailbox.
func (c *Call) serverOf(p Principal) string {
	if c.settings.OnPremises && !p.OnPremises {
		return onlineURL // it moved to the cloud
	}
	return c.published()
}

// here is the name by which the client came: a redirect to the same host keeps it.
func (c *Call) here() string {
	if c.r.Host != "" {
		return "https://" + c.r.Host
	}
	return c.s.root
}

// published is the address that clients are told.
func (c *Call) published() string {
	if at := c.settings.Autodiscover.Server; at != "" {
		return at
	}
	return c.s.ewsURL()
}

func jsonAnswer(status int, v any) Answer {
	body, err := json.Marshal(v)
	if err != nil {
		return Answer{Status: http.StatusInternalServerError}
	}
	a := Answer{Status: status, Body: body}
	a.set("Content-Type", "application/json; charset=utf-8")
	return a
}

// discoverJSON answers without anybody signing in.
func (c *Call) discoverJSON(rest string) Answer {
	if c.r.Method != http.MethodGet {
		return Answer{Status: http.StatusMethodNotAllowed}
	}
	query, err := url.ParseQuery(c.r.Query)
	if err != nil {
		return Answer{Status: http.StatusBadRequest}
	}
	param := func(name string) string {
		for key, values := range query {
			if strings.EqualFold(key, name) && len(values) > 0 {
				return values[0]
			}
		}
		return ""
	}
	address, protocol := param("Email"), param("Protocol")
	if _, named, ok := strings.Cut(strings.TrimPrefix(rest, "/"), "/"); ok && named != "" { // /v1.0/address
		address = named
	}
	c.Operation, c.Mailbox = "Autodiscover", strings.ToLower(address)
	problem := func(code, message string) Answer {
		c.Code = code
		return jsonAnswer(http.StatusBadRequest, map[string]string{"ErrorCode": code, "ErrorMessage": message})
	}
	hops := number(param("RedirectCount"), 0)
	switch trap := c.settings.Autodiscover.JSON; trap {
	case "off":
		return Answer{Status: http.StatusNotFound}
	case "html":
		return webPage()
	case "error":
		return problem("ProtocolNotSupported", "The given protocol value 'EWS' is invalid.")
	case "foreign":
		return redirect(http.StatusFound, elsewhere+"/autodiscover/autodiscover.json?Email="+url.QueryEscape(address)+"&Protocol="+url.QueryEscape(protocol))
	case "loop":
		return redirect(http.StatusFound, c.here()+c.r.Path+"?"+c.r.Query)
	case "redirect":
		if hops < 2 {
			return redirect(http.StatusFound, c.here()+"/autodiscover/autodiscover.json?Email="+url.QueryEscape(address)+"&Protocol="+url.QueryEscape(protocol)+"&RedirectCount=2")
		}
	}
	switch {
	case protocol == "":
		return problem("MissingProtocol", "A valid value must be provided for the query parameter 'Protocol'")
	case !strings.Contains(address, "@"):
		return problem("MissingEmail", "A valid smtp address must be provided")
	}
	p, known := c.s.model.Find(address)
	answer := c.published()
	if known {
		answer = c.serverOf(p)
	}
	switch c.settings.Autodiscover.JSON {
	case "wrong":
		answer = c.s.root + "/EWS/Nowhere.asmx"
	case "elsewhere":
		answer = elsewhereService
	}
	switch strings.ToLower(protocol) {
	case "ews":
		return jsonAnswer(http.StatusOK, map[string]string{"Protocol": "EWS", "Url": answer})
	case "autodiscoverv1":
		return jsonAnswer(http.StatusOK, map[string]string{"Protocol": "AutodiscoverV1", "Url": c.s.root + "/autodiscover/autodiscover.xml"})
	}
	return problem("InvalidProtocol", "The given protocol value '"+protocol+"' is invalid. Supported values are 'AutodiscoverV1, Ews'")
}

func redirect(status int, to string) Answer {
	a := Answer{Status: status}
	a.set("Location", to)
	return a
}

func webPage() Answer {
	a := Answer{Status: http.StatusOK, Body: []byte("<!DOCTYPE html><html><head><title>Welcome</title></head><body>This is our web site.</body></html>")}
	a.set("Content-Type", "text/html; charset=utf-8")
	return a
}

// Schemas of the POX flavour.
const (
	poxRequest  = "http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006"
	poxResponse = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"
	poxSpace    = "http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"
)

// discoverPOX answers whoever has signed in.
func (c *Call) discoverPOX() Answer {
	c.Operation = "Autodiscover"
	if trap := c.settings.Autodiscover.POX; trap == "off" {
		return Answer{Status: http.StatusNotFound}
	} else if trap == "html" {
		return webPage()
	}
	if c.settings.Autodiscover.POX == "foreign" { // before anybody signed in
		return redirect(http.StatusFound, elsewhere+"/autodiscover/autodiscover.xml")
	}
	who, refused := c.signIn()
	if refused != nil {
		return *refused
	}
	c.who, c.Caller, c.Token = who, who.name(), who.hash
	if c.r.Method != http.MethodPost {
		return c.poxError(600, "Invalid Request")
	}
	root, err := readXML(c.r.Body)
	if err != nil || c.r.TooLarge || root.local() != "Autodiscover" {
		return c.poxError(600, "Invalid Request")
	}
	find := func(name string) string {
		for _, request := range root.children {
			for _, n := range request.children {
				if n.local() == name {
					return n.value()
				}
			}
		}
		return ""
	}
	address := find("EMailAddress")
	c.Mailbox = strings.ToLower(address)
	switch {
	case !strings.HasPrefix(root.name, "{"+poxRequest+"}"):
		return c.poxError(600, "Invalid Request")
	case find("AcceptableResponseSchema") != poxResponse:
		return c.poxError(601, "Provider is not available")
	}
	p, ok := c.s.model.Find(address)
	if c.settings.Autodiscover.POX == "error" || !ok {
		return c.poxError(500, "The email address can't be found.")
	}
	w := poxWriter()
	w.start("Response", "xmlns", poxResponse)
	w.start("User")
	w.leaf("DisplayName", p.Name)
	w.leaf("AutoDiscoverSMTPAddress", p.Address)
	w.leaf("DeploymentId", p.ID)
	w.end()
	w.start("Account")
	switch c.settings.Autodiscover.POX {
	case "address":
		w.leaf("Action", "redirectAddr")
		w.leaf("RedirectAddr", strings.Replace(p.Address, "@", "@mail.", 1))
	case "redirect", "loop":
		w.leaf("Action", "redirectUrl")
		w.leaf("RedirectUrl", c.here()+"/autodiscover/autodiscover.xml")
	default:
		server := c.serverOf(p)
		switch c.settings.Autodiscover.POX {
		case "wrong":
			server = c.s.root + "/EWS/Nowhere.asmx"
		case "elsewhere":
			server = elsewhereService
		}
		w.leaf("AccountType", "email")
		w.leaf("Action", "settings")
		w.leaf("MicrosoftOnline", map[bool]string{true: "True", false: "False"}[!p.OnPremises])
		for _, kind := range []string{"EXCH", "EXPR"} {
			w.start("Protocol")
			w.leaf("Type", kind)
			w.leaf("Server", p.ID+"@"+c.Mailbox[strings.IndexByte(c.Mailbox, '@')+1:])
			w.leaf("ASUrl", server)
			w.leaf("EwsUrl", server)
			w.end()
		}
	}
	w.end()
	w.end()
	w.end()
	a := Answer{Status: http.StatusOK, Body: w.b}
	a.set("Content-Type", "text/xml; charset=utf-8")
	return a
}

func poxWriter() *writer {
	w := &writer{b: []byte(`<?xml version="1.0" encoding="utf-8"?>`)}
	w.start("Autodiscover", "xmlns", poxSpace)
	return w
}

// poxError says what is wrong within a good answer, as the service does.
func (c *Call) poxError(code int, message string) Answer {
	c.Code = "Autodiscover " + message
	w := poxWriter()
	w.start("Response")
	w.start("Error", "Time", c.s.model.Now().Format("15:04:05.0000000"), "Id", "1")
	w.leaf("ErrorCode", itoa(code))
	w.leaf("Message", message)
	w.empty("DebugData")
	w.end()
	w.end()
	w.end()
	a := Answer{Status: http.StatusOK, Body: w.b}
	a.set("Content-Type", "text/xml; charset=utf-8")
	return a
}
