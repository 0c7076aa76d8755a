package exchange

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// version is what RequestServerVersion asks for.
type version uint8

// Versions in order; the later ones behave as the last here.
const (
	exchange2007 version = iota
	exchange2007SP1
	exchange2010
	exchange2010SP1
	exchange2010SP2
	exchange2013
	exchange2013SP1
	exchange2016
)

var versionNames = []string{"Exchange2007", "Exchange2007_SP1", "Exchange2010", "Exchange2010_SP1", "Exchange2010_SP2", "Exchange2013", "Exchange2013_SP1", "Exchange2016"}

// later versions that the schema of this server has.
var laterVersions = []string{"V2015_10_05", "V2016_01_06", "V2016_04_13", "V2016_07_13", "V2016_10_10", "V2017_01_07", "V2017_04_14", "V2017_07_11"}

// serverInfo is what the server says that it is: Exchange 15.2.
const serverInfo = `<t:ServerVersionInfo MajorVersion="15" MinorVersion="2" MajorBuildNumber="2562" MinorBuildNumber="17" Version="V2017_07_11"/>`

// readEnvelope reads the SOAP envelope. What is wrong with it is kept until the
// caller is known: nobody learns anything without signing in.
func (c *Call) readEnvelope() {
	if c.r.TooLarge {
		c.status = http.StatusRequestEntityTooLarge
		return
	}
	root, err := readXML(c.r.Body)
	if err != nil {
		c.broken = &Error{Code: "ErrorInvalidRequest", Message: "The request is not valid XML: " + err.Error()}
		if !errors.Is(err, errHostile) {
			c.broken.Code = "ErrorSchemaValidation"
		}
		return
	}
	c.envelope = root
	if root.name != "s:Envelope" {
		if strings.HasSuffix(root.name, "}Envelope") { // SOAP 1.2
			c.status = http.StatusUnsupportedMediaType
			return
		}
		c.broken = schemaError(&violation{root, fmt.Sprintf("The '%s' element is not declared.", root.local())})
		return
	}
	if c.body = onlyChild(root.child("s:Body")); c.body != nil {
		c.Operation = strings.TrimSuffix(c.body.local(), "Request")
	}
	c.broken = c.checkEnvelope(root)
	c.readMailbox()
}

func onlyChild(n *node) *node {
	if n == nil || len(n.children) != 1 {
		return nil
	}
	return n.children[0]
}

// headers that the service takes.
var headerBlocks = []string{"t:RequestServerVersion", "t:ExchangeImpersonation", "t:TimeZoneContext", "t:MailboxCulture", "t:DateTimePrecision", "t:ManagementRole", "t:SerializedSecurityContext", "t:OpenAsAdminOrSystemService"}

func (c *Call) checkEnvelope(root *node) *Error {
	var order []string
	for _, part := range root.children {
		order = append(order, part.name)
	}
	if !slices.Equal(order, []string{"s:Header", "s:Body"}) && !slices.Equal(order, []string{"s:Body"}) {
		return schemaError(&violation{root, "The element 'Envelope' has invalid child elements."})
	}
	if c.body == nil {
		return schemaError(&violation{root.child("s:Body"), "The element 'Body' must have one child element."})
	}
	rules := requestSchema()
	for _, block := range root.child("s:Header").kids() {
		if !slices.Contains(headerBlocks, block.name) {
			if block.attributes["{"+soapSpace+"}mustUnderstand"] == "1" {
				return &Error{Code: "ErrorInvalidRequest", Message: "The header '" + block.local() + "' was not understood."}
			}
			continue // SOAP: what is not understood is passed over
		}
		if block.name == "t:RequestServerVersion" {
			if !slices.Contains(versionNames, block.attribute("Version")) && !slices.Contains(laterVersions, block.attribute("Version")) {
				return fail("ErrorInvalidServerVersion")
			}
		}
		if v, _ := rules.validate(block); v != nil {
			return schemaError(v)
		}
	}
	c.version = exchange2007
	if named := root.find("s:Header", "t:RequestServerVersion"); named != nil {
		if i := slices.Index(versionNames, named.attribute("Version")); i >= 0 {
			c.version = version(i)
		} else {
			c.version = exchange2016
		}
	}
	v, known := rules.validate(c.body)
	switch {
	case v != nil:
		return schemaError(v)
	case !known && strings.HasPrefix(c.body.name, "m:"):
		return notModelled(c.body.local())
	case !known:
		return schemaError(&violation{c.body, fmt.Sprintf("The '%s' element is not declared.", c.body.local())})
	}
	return c.readContext(root.find("s:Header", "t:TimeZoneContext", "t:TimeZoneDefinition"))
}

// readContext reads the zone in which times without an offset are meant and answers
// are written.
func (c *Call) readContext(definition *node) *Error {
	if definition == nil {
		return nil
	}
	z, err := c.zoneOf(definition)
	if err != nil {
		return err
	}
	c.context = &z
	return nil
}

// schemaError is the refusal of a request that leaves the schema.
func schemaError(v *violation) *Error {
	e := fail("ErrorSchemaValidation")
	e.Message = "The request failed schema validation: " + v.text
	line, col := 1, 1
	if v.at != nil {
		line, col = v.at.line, v.at.col
	}
	e.Values = [][2]string{{"LineNumber", fmt.Sprint(line)}, {"LinePosition", fmt.Sprint(col)}, {"Violation", v.text}}
	return e
}

// readMailbox finds what the request is about, for limits, faults and the ledger.
func (c *Call) readMailbox() {
	if sid := c.envelope.find("s:Header", "t:ExchangeImpersonation", "t:ConnectingSID"); sid != nil && len(sid.children) > 0 {
		c.Mailbox = strings.ToLower(sid.children[0].value())
		return
	}
	if c.body != nil {
		c.Mailbox = c.named(c.body)
	}
}

// named is the first mailbox that an element names: by address, or by an id.
func (c *Call) named(n *node) string {
	switch n.name {
	case "t:EmailAddress", "t:Address":
		if len(n.children) == 0 {
			return strings.ToLower(n.value())
		}
	case "t:ItemId", "t:ReferenceItemId", "t:FolderId", "t:OccurrenceItemId", "t:RecurringMasterItemId":
		id := n.attribute("Id") + n.attribute("RecurringMasterId") + n.attribute("OccurrenceId")
		if box, _, ok := c.folderOf(id); ok {
			return box.Address
		}
		if box, ok := c.s.model.BoxOf(id); ok {
			return box
		}
	case "m:Items", "t:Updates":
		return "" // attendees are not what it is about
	}
	for _, kid := range n.children {
		if found := c.named(kid); found != "" {
			return found
		}
	}
	return ""
}

func (c *Call) openEnvelope(w *writer) {
	w.b = append(w.b, `<?xml version="1.0" encoding="utf-8"?>`...)
	w.start("s:Envelope", "xmlns:s", soapSpace, "xmlns:m", messagesSpace, "xmlns:t", typesSpace)
	w.start("s:Header")
	w.b = append(w.b, serverInfo...)
	w.end()
	w.start("s:Body")
}

func (c *Call) closeEnvelope(w *writer) {
	w.end()
	w.end()
}

// fault answers a refusal of the whole request.
func (c *Call) fault(err *Error) Answer {
	c.note(err)
	w := &writer{b: []byte(`<?xml version="1.0" encoding="utf-8"?>`)}
	w.start("s:Envelope", "xmlns:s", soapSpace)
	w.start("s:Body")
	w.start("s:Fault")
	w.leaf("faultcode", "a:"+err.Code, "xmlns:a", typesSpace)
	w.leaf("faultstring", err.Message, "xml:lang", "en-US")
	w.start("detail")
	w.leaf("e:ResponseCode", err.Code, "xmlns:e", errorsSpace)
	w.leaf("e:Message", err.Message, "xmlns:e", errorsSpace)
	if len(err.Values) > 0 {
		w.start("t:MessageXml", "xmlns:t", typesSpace)
		for _, v := range err.Values {
			w.leaf("t:"+valueElement(v[0]), v[1], valueName(v[0])...)
		}
		w.end()
	}
	for range 4 {
		w.end()
	}
	a := Answer{Status: http.StatusInternalServerError, Body: w.b}
	a.set("Content-Type", "text/xml; charset=utf-8")
	return a
}

// What a schema violation says has elements of its own; all else is named values.
func valueElement(name string) string {
	switch name {
	case "LineNumber", "LinePosition", "Violation":
		return name
	}
	return "Value"
}

func valueName(name string) []string {
	if valueElement(name) == "Value" {
		return []string{"Name", name}
	}
	return nil
}

// Refuse answers with a SOAP fault in place of the operation; backOff, where it is
// not 0, is what ErrorServerBusy asks for.
func (c *Call) Refuse(code, message string, backOff time.Duration) Answer {
	e := Refuse(code, message)
	if backOff > 0 {
		e.Values = [][2]string{{"BackOffMilliseconds", fmt.Sprint(backOff.Milliseconds())}}
		c.s.announce(c.callerGuess(), backOff)
	}
	return c.fault(e)
}

// outcome writes ResponseCode and what belongs to it. It opens nothing.
func (c *Call) outcome(w *writer, err *Error) {
	if err == nil {
		w.leaf("m:ResponseCode", "NoError")
		return
	}
	c.note(err)
	w.leaf("m:MessageText", err.Message)
	w.leaf("m:ResponseCode", err.Code)
	w.leaf("m:DescriptiveLinkKey", "0")
	if len(err.Values) > 0 {
		w.start("m:MessageXml")
		for _, v := range err.Values {
			w.leaf("t:"+valueElement(v[0]), v[1], valueName(v[0])...)
		}
		w.end()
	}
}

// class is the ResponseClass of an outcome.
func class(err *Error) string {
	if err == nil {
		return "Success"
	}
	return "Error"
}

// messages writes the list of response messages of an operation.
func (c *Call) messages(w *writer, name string, list func()) {
	w.start("m:" + name + "Response")
	w.start("m:ResponseMessages")
	list()
	w.end()
	w.end()
}

// message writes one response message; rest follows where there is no error, and
// blank where there is one.
func (c *Call) message(w *writer, name string, err *Error, rest, blank func()) {
	w.start("m:"+name+"ResponseMessage", "ResponseClass", class(err))
	c.outcome(w, err)
	switch {
	case err == nil && rest != nil:
		rest()
	case err != nil && blank != nil:
		blank()
	}
	w.end()
}
