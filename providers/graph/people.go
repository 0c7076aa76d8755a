package graph

import (
	"context"
	"net/http"
	"strings"

	"roomdesk/providers"
)

type wireUser struct {
	ID          string `json:"id"`
	DisplayName string `json:"displayName"`
	Mail        string `json:"mail"`
	UPN         string `json:"userPrincipalName"`
	JobTitle    string `json:"jobTitle"`
	Department  string `json:"department"`
	Office      string `json:"officeLocation"`
	Enabled     *bool  `json:"accountEnabled"`
	UserType    string `json:"userType"`
}

const (
	userFields = "id,displayName,mail,userPrincipalName,jobTitle,department,officeLocation,accountEnabled,userType"
	// usersPage is the largest page of users that the directory gives.
	usersPage = 999
)

// People lists the directory's people page by page. Rooms and other places that
// were listed, guests, and accounts without a mail address are left out; blocked
// accounts are flagged. An error of the callback ends the listing and is returned
// as it is.
func (p *Provider) People(ctx context.Context, deliver func([]providers.Person) error) (providers.Listing, error) {
	result := providers.Listing{Reported: -1}
	if !p.places.wasListed(false) {
		if _, err := p.Rooms(ctx, func([]providers.Room) error { return nil }); err != nil {
			if providers.Is(err, providers.Cancelled, providers.SignedOut, providers.Unreachable, providers.UntrustedHost) {
				return result, err
			}
			result.Warning = providers.Outside("rooms may be among the people: " + err.Error())
		}
	}
	seen := map[providers.Address]bool{}
	links := newLoop()
	c := call{op: "reading people", permission: "User.ReadBasic.All or User.Read.All",
		url: p.roots.url("$select="+userFields+"&$top="+itoa(usersPage), "users"),
		// Background reading yields to what people wait for.
		header: http.Header{"X-Ms-Throttle-Priority": {"low"}}}
	if providers.PriorityOf(ctx) == providers.Interactive {
		c.header = nil
	}
	for {
		people, a, err := getPage(ctx, p.engine, c, func(w *wireUser) (providers.Person, bool) {
			return w.person(), !strings.EqualFold(w.UserType, "Guest")
		})
		if err != nil {
			return result, err
		}
		fresh := people[:0]
		for _, person := range people {
			switch {
			case person.Mailbox == "":
				result.Unusable++
			case !seen[person.Mailbox] && !p.places.has(person.Mailbox):
				seen[person.Mailbox] = true
				fresh = append(fresh, person)
			}
		}
		if len(fresh) > 0 {
			if err := deliver(fresh); err != nil {
				return result, err
			}
			result.Count += len(fresh)
		}
		if a.next == "" {
			result.Complete = true
			return result, nil
		}
		if err := p.roots.checkLink(a.next, ""); err != nil {
			return result, err
		}
		if !links.add(a.next) {
			result.Warning = providers.Outside("the service repeats a page of the directory: the list may be incomplete")
			return result, nil
		}
		c.url = a.next
	}
}

// person has no mailbox where the account has no mail address.
func (w *wireUser) person() providers.Person {
	mailbox, _ := providers.ParseAddress(w.Mail)
	return providers.Person{
		Mailbox: mailbox, ID: w.ID, Name: providers.Outside(w.DisplayName),
		JobTitle: providers.Outside(w.JobTitle), Department: providers.Outside(w.Department), Office: providers.Outside(w.Office),
		Enabled: w.Enabled == nil || *w.Enabled,
	}
}
