package watch

// Notices reads a delay notice: each domain that is waited for, and the answer.
func Notices(data []byte) (out []string) {
	for _, n := range parseNotice(data) {
		out = append(out, n.domain+" "+n.answer)
	}
	return out
}
