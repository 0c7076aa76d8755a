package cli

import (
	"context"
	"fmt"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers/simulator"
)

// S1, S18: mistakes 13 to 15 in the console over a real tenant. Nobody sees them before the
// room is named (m), two of them before it is booked (w); then room, place and value stand on
// the screen.
func TestS1MistakesOfOneRoomInTheConsole(t *testing.T) {
	for _, row := range []struct {
		number, room int
		write, waits bool
		says         []string
	}{
		{13, 2, false, false, []string{"it is hidden from", "-HiddenFromAddressListsEnabled $false"}},
		{14, 3, true, true, []string{"did not answer", "-AutomateProcessing AutoAccept"}},
		{15, 4, true, false, []string{"declines", "-AllBookInPolicy $true"}},
	} {
		t.Run(fmt.Sprint(row.number), func(t *testing.T) {
			ctx, stop := context.WithTimeout(t.Context(), 50*time.Second)
			defer stop()
			tenant, process, _ := storyOf(t, simulator.Options{Rooms: 12, People: 8, Seed: 7, EventsPerMailbox: 1, RoomAnswerDelay: time.Millisecond, Mistakes: []int{row.number}})
			a := process()
			if row.waits {
				a.deps.Now, a.deps.Wait = tenant.Clock().Now, func(ctx context.Context, d time.Duration) error {
					advance(t, tenant, 4*d)
					return ctx.Err()
				}
			}
			p, _ := console(ctx, t, a)
			p.see(tenant.Rooms()[0].Name)
			p.press('6')
			p.see("story")
			p.press('t')
			p.see("nothing is wrong")
			p.press('m')
			p.see("Mailboxes to test")
			room := tenant.Rooms()[row.room].Mailbox
			p.typing(room)
			p.press(tea.KeyEnter)
			p.press(tea.KeyEnter)
			if row.write {
				p.see("also "+room, "nothing is wrong")
				p.press('w')
				p.see("These rooms are booked", room)
				p.press(tea.KeyRight)
				p.press(tea.KeyEnter)
			}
			p.see(append(row.says, "✗ ", room, "where", "Exchange Online PowerShell", "change")...)
		})
	}
}
