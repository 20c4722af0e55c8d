package store

// SetSegmentSize has segments of a test end sooner.
func SetSegmentSize(o *Options, n int64) { o.segmentSize = n }

// DirOf is where a store lies.
func DirOf(s *Store) string { return s.dir }
