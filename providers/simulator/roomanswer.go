package simulator

type pendingAnswer struct{}

func (t *Tenant) settle() {}
