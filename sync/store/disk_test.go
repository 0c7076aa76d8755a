package store_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// operation is one request of SQLite to its files, before it is carried out.
type operation struct {
	kind   string // open, read, write, sync, truncate or delete
	path   string
	offset int64 // of a write; the new size of a truncate
	data   []byte
	// torn carries out the first half of a write.
	torn func()
}

// file is the end of its name: "", "-wal", "-shm" or "-journal".
func (o operation) file() string {
	if i := strings.LastIndexByte(filepath.Base(o.path), '-'); i >= 0 {
		return filepath.Base(o.path)[i:]
	}
	return ""
}

// changes reports operations that leave something on the disk.
func (o operation) changes() bool { return o.kind != "read" && o.kind != "open" }

// disk stands between SQLite and the system's files, for all databases of this
// process. SQLite calls plain functions, so it is the one value of its kind.
var disk = &faultyDisk{meddlers: map[string]func(operation) int32{}, files: map[uintptr]openFile{}, methods: map[uintptr]uintptr{}}

type faultyDisk struct {
	mu       sync.Mutex
	meddlers map[string]func(operation) int32 // by directory
	files    map[uintptr]openFile
	methods  map[uintptr]uintptr // ours for each of the system's
	system   sqlite3.Tsqlite3_vfs
}

type openFile struct {
	path    string
	methods uintptr // the system's
}

// meddle asks f about each operation on files below dir, until undo is called.
// f answers SQLITE_OK, or the error that the operation has instead of happening.
func (d *faultyDisk) meddle(dir string, f func(operation) int32) (undo func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.meddlers[dir] = f
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.meddlers, dir)
	}
}

func (d *faultyDisk) ask(o operation) int32 {
	d.mu.Lock()
	var found func(operation) int32
	for dir, f := range d.meddlers {
		if rest, below := strings.CutPrefix(o.path, dir); below && strings.HasPrefix(rest, string(filepath.Separator)) {
			found = f
		}
	}
	d.mu.Unlock()
	if found == nil {
		return sqlite3.SQLITE_OK
	}
	return found(o)
}

func (d *faultyDisk) file(id uintptr) openFile {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.files[id]
}

// install makes the disk the one that every database uses.
func (d *faultyDisk) install() {
	tls := libc.NewTLS()
	d.system = *at[sqlite3.Tsqlite3_vfs](sqlite3.Xsqlite3_vfs_find(tls, 0))
	ours := d.system
	name, err := libc.CString("faulty")
	if err != nil {
		panic(err)
	}
	ours.FzName = name
	ours.FxOpen, ours.FxDelete = function(diskOpen), function(diskDelete)
	if rc := sqlite3.Xsqlite3_vfs_register(tls, keep(tls, ours), 1); rc != sqlite3.SQLITE_OK {
		panic(rc)
	}
}

// at reads C's memory at an address.
func at[T any](address uintptr) *T { return *(**T)(unsafe.Pointer(&address)) }

// keep copies a value to where the collector does not look for it.
func keep[T any](tls *libc.TLS, v T) uintptr {
	p := libc.Xmalloc(tls, libc.Tsize_t(unsafe.Sizeof(v)))
	if p == 0 {
		panic("out of memory")
	}
	*at[T](p) = v
	return p
}

// function is a plain Go function as C's memory holds it, and call the reverse.
func function[F any](f F) uintptr { return *(*uintptr)(unsafe.Pointer(&f)) }

func call[F any](address uintptr) F { return *(*F)(unsafe.Pointer(&address)) }

type (
	openFunc     = func(tls *libc.TLS, vfs, name, file uintptr, flags int32, out uintptr) int32
	deleteFunc   = func(tls *libc.TLS, vfs, name uintptr, syncDir int32) int32
	closeFunc    = func(tls *libc.TLS, file uintptr) int32
	transferFunc = func(tls *libc.TLS, file, buffer uintptr, amount int32, offset int64) int32
	truncateFunc = func(tls *libc.TLS, file uintptr, size int64) int32
	syncFunc     = func(tls *libc.TLS, file uintptr, flags int32) int32
)

func diskOpen(tls *libc.TLS, vfs, name, file uintptr, flags int32, out uintptr) int32 {
	path := ""
	if name != 0 {
		path = libc.GoString(name)
	}
	if rc := disk.ask(operation{kind: "open", path: path}); rc != sqlite3.SQLITE_OK {
		*at[uintptr](file) = 0 // not open: SQLite must not close it
		return rc
	}
	rc := call[openFunc](disk.system.FxOpen)(tls, vfs, name, file, flags, out)
	methods := at[uintptr](file)
	if rc != sqlite3.SQLITE_OK || *methods == 0 {
		return rc
	}
	disk.mu.Lock()
	defer disk.mu.Unlock()
	disk.files[file] = openFile{path, *methods}
	ours, known := disk.methods[*methods]
	if !known {
		m := *at[sqlite3.Tsqlite3_io_methods](*methods)
		m.FxClose, m.FxRead, m.FxWrite = function(diskClose), function(diskRead), function(diskWrite)
		m.FxTruncate, m.FxSync = function(diskTruncate), function(diskSync)
		ours = keep(tls, m)
		disk.methods[*methods] = ours
	}
	*methods = ours
	return rc
}

func diskDelete(tls *libc.TLS, vfs, name uintptr, syncDir int32) int32 {
	path := libc.GoString(name)
	if _, err := os.Lstat(path); err == nil { // SQLite often deletes what is not there
		if rc := disk.ask(operation{kind: "delete", path: path}); rc != sqlite3.SQLITE_OK {
			return rc
		}
	}
	return call[deleteFunc](disk.system.FxDelete)(tls, vfs, name, syncDir)
}

func system(file uintptr) (openFile, *sqlite3.Tsqlite3_io_methods) {
	f := disk.file(file)
	return f, at[sqlite3.Tsqlite3_io_methods](f.methods)
}

func diskClose(tls *libc.TLS, file uintptr) int32 {
	f, m := system(file)
	*at[uintptr](file) = f.methods
	disk.mu.Lock()
	delete(disk.files, file)
	disk.mu.Unlock()
	return call[closeFunc](m.FxClose)(tls, file)
}

func diskRead(tls *libc.TLS, file, buffer uintptr, amount int32, offset int64) int32 {
	f, m := system(file)
	if rc := disk.ask(operation{kind: "read", path: f.path, offset: offset}); rc != sqlite3.SQLITE_OK {
		return rc
	}
	return call[transferFunc](m.FxRead)(tls, file, buffer, amount, offset)
}

func diskWrite(tls *libc.TLS, file, buffer uintptr, amount int32, offset int64) int32 {
	f, m := system(file)
	write := call[transferFunc](m.FxWrite)
	o := operation{kind: "write", path: f.path, offset: offset, data: unsafe.Slice(at[byte](buffer), amount),
		torn: func() { write(tls, file, buffer, amount/2, offset) }}
	if rc := disk.ask(o); rc != sqlite3.SQLITE_OK {
		return rc
	}
	return write(tls, file, buffer, amount, offset)
}

func diskTruncate(tls *libc.TLS, file uintptr, size int64) int32 {
	f, m := system(file)
	if rc := disk.ask(operation{kind: "truncate", path: f.path, offset: size}); rc != sqlite3.SQLITE_OK {
		return rc
	}
	return call[truncateFunc](m.FxTruncate)(tls, file, size)
}

func diskSync(tls *libc.TLS, file uintptr, flags int32) int32 {
	f, m := system(file)
	if rc := disk.ask(operation{kind: "sync", path: f.path}); rc != sqlite3.SQLITE_OK {
		return rc
	}
	return call[syncFunc](m.FxSync)(tls, file, flags)
}

// platter is what a disk holds that forgets, when the power fails, what it was
// not told to keep.
type platter struct {
	mu      sync.Mutex
	kept    map[string][]byte
	pending map[string][]operation
}

func newPlatter() *platter {
	return &platter{kept: map[string][]byte{}, pending: map[string][]operation{}}
}

// note follows an operation that is about to succeed.
func (p *platter) note(o operation) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch o.kind {
	case "write", "truncate":
		o.data = append([]byte(nil), o.data...)
		p.pending[o.path] = append(p.pending[o.path], o)
	case "sync":
		p.kept[o.path] = applied(p.kept[o.path], p.pending[o.path])
		delete(p.pending, o.path)
	case "delete":
		delete(p.kept, o.path)
		delete(p.pending, o.path)
	}
}

// forget drops what a failed sync was to keep, as kernels do.
func (p *platter) forget(path string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.pending, path)
}

// cut writes into dir what is there after the power failed: all that was kept,
// and of the rest what survives picks.
func (p *platter) cut(dir string, survives func() bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	names := map[string]bool{}
	for path := range p.kept {
		names[path] = true
	}
	for path := range p.pending {
		names[path] = true
	}
	for path := range names {
		if strings.HasSuffix(path, "-shm") {
			continue
		}
		var some []operation
		for _, o := range p.pending[path] {
			if survives() {
				some = append(some, o)
			}
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(path)), applied(append([]byte(nil), p.kept[path]...), some), fs.FileMode(0o600)); err != nil {
			return err
		}
	}
	return nil
}

func applied(content []byte, operations []operation) []byte {
	for _, o := range operations {
		switch end := int(o.offset) + len(o.data); {
		case o.kind == "truncate":
			content = append(content[:min(len(content), int(o.offset))], make([]byte, max(0, int(o.offset)-len(content)))...)
		case end > len(content):
			content = append(content, make([]byte, end-len(content))...)
			copy(content[o.offset:], o.data)
		default:
			copy(content[o.offset:], o.data)
		}
	}
	return content
}
