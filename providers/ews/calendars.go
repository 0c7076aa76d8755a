package ews

import (
	"context"

	"roomdesk/providers"
)

// Calendars tells of the default calendar. Others are not looked for: that would mean
// going through the mailbox's other folders.
func (p *Provider) Calendars(ctx context.Context, mailbox providers.Address) ([]providers.Calendar, error) {
	folder, err := p.calendarFolder(ctx, "reading calendars", mailbox)
	if err != nil {
		return nil, err
	}
	if !folder.truth("EffectiveRights", "Read") {
		refused := &providers.Error{Class: providers.NotAllowed, Op: "reading calendars", Mailbox: mailbox, Status: 200,
			Message: providers.Outside("the service account may see free/busy at most")}
		if p.mannerOf(mailbox) == asDelegate {
			refused.Cause = providers.CauseImpersonationMissing
		}
		return nil, refused
	}
	c := providers.Calendar{
		Mailbox: mailbox, ID: folder.at("FolderId").attr("Id"), Name: providers.Outside(folder.value("DisplayName")),
		Owner: mailbox, Default: true, ConferencingWhy: providers.Outside(noTeams), ReadOnly: !folder.truth("EffectiveRights", "CreateContents"),
	}
	if c.Name.Empty() {
		c.Name = providers.Outside("Calendar")
	}
	return []providers.Calendar{c}, nil
}

// calendarFolder reads the default calendar's folder with the rights in it.
func (p *Provider) calendarFolder(ctx context.Context, op string, mailbox providers.Address) (*node, error) {
	message, err := p.one(ctx, calendarFolderCall(op, mailbox))
	if err != nil {
		return nil, err
	}
	folder := message.at("Folders", "CalendarFolder")
	if folder.at("FolderId").attr("Id") == "" {
		return nil, &providers.Error{Class: providers.Foreign, Op: op, Mailbox: mailbox, Status: 200, Message: providers.Outside("the answer has no calendar")}
	}
	return folder, nil
}

func calendarFolderCall(op string, mailbox providers.Address) call {
	return call{op: op, operation: "GetFolder", want: []string{"GetFolderResponseMessage"}, mailbox: mailbox, folder: "calendar", body: func(w *writer, how manner) {
		w.open("m:GetFolder")
		w.open("m:FolderShape")
		w.text("t:BaseShape", "IdOnly")
		w.fields(false, "folder:DisplayName", "folder:EffectiveRights", "folder:SharingEffectiveRights")
		w.close("m:FolderShape")
		w.open("m:FolderIds")
		w.folder("calendar", how, mailbox)
		w.close("m:FolderIds")
		w.close("m:GetFolder")
	}}
}
