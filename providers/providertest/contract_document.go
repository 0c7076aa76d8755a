package providertest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

const (
	contractFile = "graph-v1.0.openapi.yaml"
	versionRoot  = "/v1.0"
)

// errNoContract says that the contract is not beside this checkout. It is no part
// of the project, so a fresh clone does without.
var errNoContract = errors.New("the contract " + contractFile + " is not beside this checkout")

// contract is the loaded document; nothing in it changes after loading.
type contract struct {
	router routers.Router
	// queries has the names of the query parameters of each operation.
	queries map[*openapi3.Operation]map[string]bool
	file    string
	// operations are all there are, in no order.
	operations []Operation
}

// sharedContract loads once for all tests of a process: it takes about half a
// second.
var sharedContract = sync.OnceValues(func() (*contract, error) {
	file, err := findContract()
	if err != nil {
		return nil, err
	}
	return loadContract(file)
})

// findContract looks at ROOMDESK_CONTRACT, a file or a folder, or else at
// ../shared/contract beside the module's root.
func findContract() (string, error) {
	if place := os.Getenv("ROOMDESK_CONTRACT"); place != "" {
		if info, err := os.Stat(place); err != nil {
			return "", fmt.Errorf("ROOMDESK_CONTRACT: %w", err)
		} else if info.IsDir() {
			place = filepath.Join(place, contractFile)
		}
		return place, nil
	}
	root, err := moduleRoot()
	if err != nil {
		return "", err
	}
	file := filepath.Join(root, "..", "shared", "contract", contractFile)
	if _, err := os.Stat(file); err != nil {
		return "", fmt.Errorf("%w (looked for %s)", errNoContract, file)
	}
	return file, nil
}

// moduleRoot walks up from the working directory, which go test sets to the
// package's own.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", fmt.Errorf("%w: no go.mod above the working directory", errNoContract)
		}
		dir = parent
	}
}

// loadContract reads the document and makes it strict: what the service does not
// document is a mistake in a project that simulates the service.
func loadContract(file string) (*contract, error) {
	doc, err := openapi3.NewLoader().LoadFromFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading the contract: %w", err)
	}
	doc.Servers = openapi3.Servers{{URL: versionRoot}}
	if err := doc.Validate(context.Background()); err != nil {
		return nil, fmt.Errorf("reading the contract: %w", err)
	}
	restoreExpandable(doc)
	forbidUnknownProperties(doc)
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		return nil, fmt.Errorf("reading the contract: %w", err)
	}
	c := &contract{router: router, queries: map[*openapi3.Operation]map[string]bool{}, file: file}
	for template, path := range doc.Paths.Map() {
		for method, operation := range path.Operations() {
			c.operations = append(c.operations, Operation{ID: operation.OperationID, Method: method, Path: template})
			names := map[string]bool{}
			for _, parameters := range []openapi3.Parameters{path.Parameters, operation.Parameters} {
				for _, p := range parameters {
					if p.Value.In == openapi3.ParameterInQuery {
						names[p.Value.Name] = true
					}
				}
			}
			c.queries[operation] = names
		}
	}
	return c, nil
}

// restoreExpandable puts back a navigation property that the trimmed contract
// leaves out although $expand may ask for it.
func restoreExpandable(doc *openapi3.T) {
	principal, assignment := doc.Components.Schemas["microsoft.graph.servicePrincipal"], doc.Components.Schemas["microsoft.graph.appRoleAssignment"]
	if principal == nil || assignment == nil {
		return
	}
	list := openapi3.NewArraySchema()
	list.Items = openapi3.NewSchemaRef("#/components/schemas/microsoft.graph.appRoleAssignment", assignment.Value)
	principal.Value.Properties["appRoleAssignments"] = openapi3.NewSchemaRef("", list)
}

// forbidUnknownProperties closes every object that the service's metadata does
// not call open. Events are open in theory; nothing here uses that.
func forbidUnknownProperties(doc *openapi3.T) {
	for name, ref := range doc.Components.Schemas {
		schema := ref.Value
		_, open := schema.Extensions["x-odata-openType"]
		if strings.HasPrefix(name, "batch") || strings.Contains(name, "ODataErrors") || open && name != "microsoft.graph.event" {
			continue
		}
		closeObject(schema)
	}
	// Parameters of actions stand in the operation itself.
	for _, path := range doc.Paths.Map() {
		for _, operation := range path.Operations() {
			if operation.RequestBody == nil || operation.RequestBody.Value == nil {
				continue
			}
			for _, media := range operation.RequestBody.Value.Content {
				if media.Schema != nil && media.Schema.Ref == "" {
					closeObject(media.Schema.Value)
				}
			}
		}
	}
}

func closeObject(schema *openapi3.Schema) {
	if schema == nil || !schema.Type.Is("object") || len(schema.Properties) == 0 {
		return
	}
	no := false
	schema.AdditionalProperties = openapi3.AdditionalProperties{Has: &no}
}
