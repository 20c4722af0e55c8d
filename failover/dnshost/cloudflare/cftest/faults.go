package cftest

import (
	"net/http"
	"net/http/httptest"
	"strconv"
)

// Fault is what goes wrong with a token's requests.
type Fault struct {
	// Writes limits it to requests that change something, Reads to the others.
	Writes, Reads bool
	// Times is how many requests meet it; 0 is all.
	Times int
	// Commit carries the request out before anything goes wrong.
	Commit bool

	// What goes wrong, one of these:
	Drop   bool // the connection is closed without an answer
	Hang   bool // no answer until the client gives up
	Cut    bool // half an answer, well-formed as HTTP
	Torn   bool // half an answer, then the connection is closed
	Status int  // this status and Body instead
	Body   string
	// RetryAfter is the header's value, with Status.
	RetryAfter string

	met int
}

// Page500 is a gateway's page, as HTML.
const Page500 = "<!DOCTYPE html>\n<html><head><title>api.cloudflare.com | 500: Internal server error</title></head><body>Error 500</body></html>\n"

// TooMany is the fault of too many requests.
func TooMany(retryAfter string, times int) Fault {
	return Fault{
		Times: times, Status: http.StatusTooManyRequests, RetryAfter: retryAfter,
		Body: `{"success":false,"errors":[{"code":10429,"message":"More than 1200 requests per 300 seconds reached. Please wait and consider throttling your request speed"}],"messages":[],"result":null}`,
	}
}

// fault returns the fault that a request meets, nil for none.
func (s *Server) fault(tok *token, write bool) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range tok.faults {
		if f.Writes && !write || f.Reads && write || f.Times > 0 && f.met >= f.Times {
			continue
		}
		f.met++
		return f
	}
	return nil
}

func (f *Fault) serve(w http.ResponseWriter, r *http.Request, do func(http.ResponseWriter)) {
	rec := httptest.NewRecorder()
	if f.Commit || f.Cut || f.Torn {
		do(rec)
	}
	half := rec.Body.Bytes()[:rec.Body.Len()/2]
	switch {
	case f.Hang:
		<-r.Context().Done()
	case f.Drop:
		if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
			_ = conn.Close()
		}
	case f.Torn:
		w.Header().Set("Content-Length", strconv.Itoa(rec.Body.Len()))
		w.WriteHeader(rec.Code)
		_, _ = w.Write(half) // the server closes what is shorter than promised
	case f.Cut:
		w.WriteHeader(rec.Code)
		_, _ = w.Write(half)
	default:
		if f.RetryAfter != "" {
			w.Header().Set("Retry-After", f.RetryAfter)
		}
		w.WriteHeader(f.Status)
		_, _ = w.Write([]byte(f.Body))
	}
}
