package providertest

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
)

// InjectedHeader marks an answer that a fault changed on purpose. Such an answer
// is not held against the contract; its request is.
const InjectedHeader = "X-Simulated-Fault"

// Checker holds HTTP exchanges against the contract and reports, when its test
// ends, each distinct violation once. It is safe for concurrent use. A nil
// Checker passes everything through unchecked.
type Checker struct {
	contract *contract
	injected func(request *http.Request, status int, header http.Header) bool

	answersOnly bool // requests may be wrong

	mu         sync.Mutex
	operations map[string]int
	answers    map[string]map[int]int // by operation and status
	total      int
	unchecked  int // answers over the size limit
	violations map[string]*violation
}

type violation struct {
	text    string
	excerpt string
	count   int
}

// requireAll is set where nothing may be skipped, as in CI.
func requireAll() bool { return os.Getenv("ROOMDESK_REQUIRE_ALL") == "1" }

// Contract makes a checker for one test. Where the contract is not beside the
// checkout the test is skipped, or fails when ROOMDESK_REQUIRE_ALL=1.
func Contract(t testing.TB) *Checker {
	t.Helper()
	c := ContractIfPresent(t)
	if c == nil {
		t.Skip(errNoContract)
	}
	return c
}

// ContractIfPresent is [Contract] for tests that have more to prove: without the
// contract it says so in the test's log and returns a nil Checker.
func ContractIfPresent(t testing.TB) *Checker {
	t.Helper()
	document, err := sharedContract()
	if errors.Is(err, errNoContract) && !requireAll() {
		t.Log(err)
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	c := newChecker(document)
	t.Cleanup(func() {
		t.Helper()
		for _, text := range c.report() {
			t.Error(text)
		}
	})
	return c
}

func newChecker(document *contract) *Checker {
	return &Checker{
		contract: document, operations: map[string]int{}, answers: map[string]map[int]int{}, violations: map[string]*violation{},
		injected: func(_ *http.Request, _ int, header http.Header) bool { return header.Get(InjectedHeader) != "" },
	}
}

// Injected replaces the rule that says which answers a fault changed on purpose.
// Without it the header [InjectedHeader] does. Set it before the first exchange.
func (c *Checker) Injected(rule func(request *http.Request, status int, header http.Header) bool) {
	if c != nil {
		c.injected = rule
	}
}

// Exchanges tells how often each operation was seen, by the contract's
// operation id, and how many exchanges there were, parts of batches included. A
// test that proves something by a checker asserts that these are not zero.
func (c *Checker) Exchanges() (operations map[string]int, total int) {
	if c == nil {
		return nil, 0
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.operations), c.total
}

func (c *Checker) count(operation string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.operations[operation]++
	c.total++
}

// maxViolations bounds what a single run away mistake can store and print.
const maxViolations = 200

// violate notes a violation. What is the same mistake has the same text: numbers
// of list entries are left out of it and shown in the excerpt only.
func (c *Checker) violate(text, excerpt string) {
	if c.answersOnly && strings.HasPrefix(text, "request ") {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	v := c.violations[text]
	if v == nil {
		if len(c.violations) >= maxViolations {
			text = "and further kinds of violations"
			if v = c.violations[text]; v == nil {
				v = &violation{text: text}
				c.violations[text] = v
			}
		} else {
			v = &violation{text: text, excerpt: excerpt}
			c.violations[text] = v
		}
	}
	v.count++
}

// report lists the violations, one text each, and is empty when there are none.
func (c *Checker) report() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []string
	for _, key := range slices.Sorted(maps.Keys(c.violations)) {
		v := c.violations[key]
		out = append(out, strings.TrimSpace(fmt.Sprintf("contract: %s (%d times)\n\tfor example: %s", v.text, v.count, v.excerpt)))
	}
	if c.unchecked > 0 {
		out = append(out, fmt.Sprintf("contract: %d bodies were larger than %d bytes and not checked", c.unchecked, maxChecked))
	}
	return out
}
