package simulator

// user is the mailbox of the person who signed in; nil where an application
// signed in for itself, or where the person has no mailbox here.
func (c *call) user() *mailbox {
	if !c.claims.Delegated() {
		return nil
	}
	return c.t.world.find(c.claims.ObjectID)
}

// resolveMe writes /me as the caller's own /users/{id}. It runs before sign-in is
// checked, because throttling and faults need the mailbox; a token that is no good
// leaves the path as it is and is refused later.
func (c *call) resolveMe() {
	if !c.inBatch {
		claims, err := c.t.directory.Verify(c.header.Get("Authorization"))
		if err != nil {
			return
		}
		c.claims = claims
	}
	m := c.user()
	if m == nil {
		return
	}
	c.segments = append([]string{"users", m.id}, c.segments[1:]...)
}

// calendarAccess is what a person may do with a calendar.
type calendarAccess uint8

const (
	accessNone calendarAccess = iota
	accessFreeBusy
	accessRead
	accessWrite
)

// calendarAccess says what user may do with owner's default calendar, by the
// owner's sharing. Everybody's availability is open to the organisation.
func (t *Tenant) calendarAccess(user, owner *mailbox) calendarAccess {
	switch role := owner.roleOf(user); {
	case role.mayWrite():
		return accessWrite
	case role.mayRead():
		return accessRead
	case role >= freeBusyRead:
		return accessFreeBusy
	}
	return accessNone
}

// mayRead reports whether the caller may read a mailbox's calendar: an
// application may read all that its permission covers, a person what is shared.
func (c *call) mayRead(owner *mailbox) bool { return c.accessTo(owner) >= accessRead }

// mayWrite reports whether the caller may change a mailbox's calendar.
func (c *call) mayWrite(owner *mailbox) bool { return c.accessTo(owner) >= accessWrite }

func (c *call) accessTo(owner *mailbox) calendarAccess {
	if !c.claims.Delegated() {
		return accessWrite
	}
	user := c.user()
	if user == nil {
		return accessNone
	}
	return c.t.calendarAccess(user, owner)
}
