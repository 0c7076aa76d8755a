package keystore

import (
	"context"
	"sync"
)

// Memory holds credentials for the life of the process: for the demo and for
// tests. The zero value is ready for use.
type Memory struct {
	mu     sync.Mutex
	values map[string]Secret
}

// Get implements [Store].
func (m *Memory) Get(ctx context.Context, key Key) (Secret, error) {
	if err := ctx.Err(); err != nil {
		return Secret{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	value, ok := m.values[key.label()]
	if !ok {
		return Secret{}, notInMemory(key, "reading")
	}
	return NewSecret(value.Reveal()), nil
}

// Set implements [Store].
func (m *Memory) Set(ctx context.Context, key Key, value Secret) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := checkSize("memory", value); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.values == nil {
		m.values = map[string]Secret{}
	}
	m.values[key.label()] = NewSecret(value.Reveal())
	return nil
}

// Delete implements [Store].
func (m *Memory) Delete(ctx context.Context, key Key) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	value, ok := m.values[key.label()]
	if !ok {
		return notInMemory(key, "removing")
	}
	value.Wipe()
	delete(m.values, key.label())
	return nil
}

// Describe implements [Store].
func (m *Memory) Describe() Backend {
	return Backend{Name: "memory", Where: "this process", Protection: "gone when roomdesk ends"}
}

func notInMemory(key Key, doing string) error {
	return &Error{Kind: ErrNotFound, Backend: "memory", Op: doing + " the credential of " + key.Connection,
		Remedy: "keystore = \"memory\" forgets the credential when roomdesk ends; connect again with --keystore keyring"}
}
