package ews

import "roomdesk/providers"

// serverVersion is the schema that requests speak: the lowest with all that is used,
// which every server that still runs accepts.
const serverVersion = "Exchange2013_SP1"

const (
	soapSpace     = "http://schemas.xmlsoap.org/soap/envelope/"
	messagesSpace = "http://schemas.microsoft.com/exchange/services/2006/messages"
	typesSpace    = "http://schemas.microsoft.com/exchange/services/2006/types"
)

// manner is how a call reaches a mailbox.
type manner int

const (
	asItself   manner = iota // the service account by itself
	asOwner                  // impersonating the mailbox
	asDelegate               // the service account in the mailbox's folder
)

// envelope wraps the body of a request. zone, a Windows name, is by whose clocks times
// without an offset are meant and answered; "" is UTC.
func envelope(how manner, mailbox providers.Address, zone string, body func(*writer)) []byte {
	w := &writer{}
	w.b.WriteString(`<?xml version="1.0" encoding="utf-8"?>`)
	w.open("s:Envelope", "xmlns:s", soapSpace, "xmlns:m", messagesSpace, "xmlns:t", typesSpace)
	w.open("s:Header")
	w.empty("t:RequestServerVersion", "Version", serverVersion)
	if how == asOwner {
		w.open("t:ExchangeImpersonation")
		w.open("t:ConnectingSID")
		w.text("t:PrimarySmtpAddress", string(mailbox))
		w.close("t:ConnectingSID")
		w.close("t:ExchangeImpersonation")
	}
	if zone != "" {
		w.open("t:TimeZoneContext")
		w.empty("t:TimeZoneDefinition", "Id", zone)
		w.close("t:TimeZoneContext")
	}
	w.close("s:Header")
	w.open("s:Body")
	body(w)
	w.close("s:Body")
	w.close("s:Envelope")
	return []byte(w.b.String())
}

// folder names the calendar folder, of the mailbox where the call comes as a delegate.
func (w *writer) folder(id string, how manner, mailbox providers.Address) {
	if how != asDelegate {
		w.empty("t:DistinguishedFolderId", "Id", id)
		return
	}
	w.open("t:DistinguishedFolderId", "Id", id)
	w.open("t:Mailbox")
	w.text("t:EmailAddress", string(mailbox))
	w.close("t:Mailbox")
	w.close("t:DistinguishedFolderId")
}

// fields asks for properties beside the base shape.
func (w *writer) fields(stamp bool, uris ...string) {
	w.open("t:AdditionalProperties")
	for _, uri := range uris {
		w.empty("t:FieldURI", "FieldURI", uri)
	}
	if stamp {
		w.stampField()
	}
	w.close("t:AdditionalProperties")
}

// stampSet is the property set of what is written to events here, stampName the name of
// the booking's transaction id in it.
const (
	stampSet  = "0f3c4b1e-6a52-4f0e-9d0b-5a1f0c7d2e11"
	stampName = "BookingRequestId"
)

func (w *writer) stampField() {
	w.empty("t:ExtendedFieldURI", "PropertySetId", stampSet, "PropertyName", stampName, "PropertyType", "String")
}
