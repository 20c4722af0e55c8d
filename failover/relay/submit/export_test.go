package submit

import "time"

// SetPatience makes a server wait this long for strangers and for the rest of a message,
// before it runs.
func (s *Server) SetPatience(stranger, data, finish time.Duration) {
	s.times.stranger, s.times.data, s.times.finish = stranger, data, finish
}
