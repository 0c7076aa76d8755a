package providertest

import (
	"cmp"
	"maps"
	"slices"
)

// Operation is one operation of the contract with what a checker saw of it.
type Operation struct {
	ID     string
	Method string
	Path   string // as in the contract, with parameters in braces
	// Requests is how often it was asked for, parts of batches included.
	Requests int
	// Answers counts the answers that were held against the contract, by status.
	// What a fault changed, and what broke off, is not among them.
	Answers map[int]int
}

// Succeeded is the number of answers of the 200s.
func (o Operation) Succeeded() int {
	n := 0
	for status, times := range o.Answers {
		if status >= 200 && status < 300 {
			n += times
		}
	}
	return n
}

// Operations lists every operation of the contract, seen or not, by path and
// method. A nil Checker knows none.
func (c *Checker) Operations() []Operation {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make([]Operation, 0, len(c.contract.operations))
	for _, o := range c.contract.operations {
		o.Requests, o.Answers = c.operations[o.ID], maps.Clone(c.answers[o.ID])
		out = append(out, o)
	}
	slices.SortFunc(out, func(a, b Operation) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method))
	})
	return out
}

// AnswersOnly lets requests be wrong: a test that asks for nonsense on purpose
// holds only what it is told. Set it before the first exchange.
func (c *Checker) AnswersOnly() {
	if c != nil {
		c.answersOnly = true
	}
}

// answered counts an answer that was checked.
func (c *Checker) answered(operation string, status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.answers[operation] == nil {
		c.answers[operation] = map[int]int{}
	}
	c.answers[operation][status]++
}
