package imaplink

// EncodeName is for tests that speak to a server themselves.
func EncodeName(name string) string { return encodeName(name) }
