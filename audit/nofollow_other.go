//go:build !unix

package audit

// noFollow does nothing where links cannot be refused while a file is opened; what was
// opened is compared with what is there all the same.
const noFollow = 0
