package providers

// ServerSeen is how an Exchange server answers somebody who has not signed in.
type ServerSeen struct {
	Status int // HTTP
	// Ways are the ways of signing in that it offers, without what belongs to them:
	// "NTLM", "Negotiate", "Basic", "Bearer".
	Ways []string
	// Front names the server that answered, where it says so.
	Front Untrusted
	Type  string // of the content, a plain word
}

// CalendarRights is what somebody may do in a calendar folder, as the server says it.
type CalendarRights struct {
	Read, Create, Modify bool
	// Sharing is the server's word for how much is shared: "FullDetails",
	// "TimeAndSubjectAndLocation", "TimeOnly", "None"; "" where it says nothing.
	Sharing string
}
