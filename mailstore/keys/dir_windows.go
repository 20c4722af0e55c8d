package keys

// syncDir does nothing: Windows offers no flush of a folder, and NTFS journals the
// name itself.
func syncDir(string) error { return nil }
