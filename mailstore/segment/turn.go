package segment

// Turn begins a new segment, so that nothing more is appended to those that there
// are: for a caller who is about to copy what is wanted of the newest, and remove it. The
// error is ErrDisk.
func (f *Files) Turn() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.opts.ReadOnly {
		return readOnly(f.dir)
	}
	return f.begin()
}
