package exchange

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// convertID turns item ids from one form into another: EwsId, HexEntryId, EntryId
// and StoreId carry the same bytes here, OwaId is URL-safe.
func (c *Call) convertID(w *writer) *Error {
	to := c.body.attribute("DestinationFormat")
	c.messages(w, "ConvertId", func() {
		for _, id := range c.body.child("m:SourceIds").kids() {
			text, err := c.convert(id, to)
			c.message(w, "ConvertId", err, func() {
				w.empty("m:AlternateId", "xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance", "xsi:type", "t:AlternateIdType", "Format", to, "Id", text, "Mailbox", id.attribute("Mailbox"))
			}, nil)
		}
	})
	return nil
}

func (c *Call) convert(id *node, to string) (string, *Error) {
	if id.name != "t:AlternateId" {
		return "", notModelled("public folders")
	}
	box, ok := c.s.model.Find(id.attribute("Mailbox"))
	if !ok {
		return "", fail("ErrorNonExistentMailbox")
	}
	if err := c.reachable(box); err != nil {
		return "", err
	}
	if !c.role(box).reads() {
		return "", fail("ErrorAccessDenied")
	}
	var raw []byte
	var err error
	switch text := id.attribute("Id"); id.attribute("Format") {
	case "EwsId", "EntryId":
		raw, err = base64.StdEncoding.DecodeString(text)
	case "OwaId":
		raw, err = base64.URLEncoding.DecodeString(text)
	case "HexEntryId":
		raw, err = hex.DecodeString(text)
	default:
		return "", notModelled("ids of the form " + id.attribute("Format"))
	}
	if err != nil || len(raw) == 0 {
		return "", fail("ErrorInvalidIdMalformed")
	}
	owner, known := c.s.model.BoxOf(base64.StdEncoding.EncodeToString(raw))
	switch {
	case !known:
		return "", fail("ErrorInvalidIdMalformed")
	case !strings.EqualFold(owner, box.Address):
		return "", fail("ErrorInvalidId")
	}
	switch to {
	case "EwsId", "EntryId":
		return base64.StdEncoding.EncodeToString(raw), nil
	case "OwaId":
		return base64.URLEncoding.EncodeToString(raw), nil
	case "HexEntryId":
		return strings.ToUpper(hex.EncodeToString(raw)), nil
	}
	return "", notModelled("ids of the form " + to)
}
