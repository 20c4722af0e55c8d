// Package cftest replays Cloudflare's API, version 4, as far as Lifeboat uses it:
// zones, DNS records and the batch endpoint, over real HTTP and from memory, with
// faults that can be switched on for each token. Only tests import it.
//
// It follows the documentation in the shape of its answers
// (https://developers.cloudflare.com/api/resources/dns/subresources/records/ and
// https://developers.cloudflare.com/api/resources/zones/), in the order and
// atomicity of a batch
// (https://developers.cloudflare.com/dns/manage-dns-records/how-to/batch-record-changes/),
// and in what it validates. Fixtures beside the client, in its testdata, hold the
// documented shapes, and a test holds these answers against them. It is our reading
// of the documentation, not Cloudflare: what the documentation leaves open (what
// counts as an identical record, for instance) can be had both ways.
package cftest

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// Access is what a token may do.
type Access int

// The accesses. Nothing is a token with no permission for DNS or zones.
const (
	Edit Access = iota
	Read
	Nothing
)

// Server is the API.
type Server struct {
	// URL is the API's base, as the client's options want it.
	URL string
	// BeforeBatch, when set, is called before each batch is carried out: what
	// somebody else does between reading and writing. Set it before requests are
	// made.
	BeforeBatch func()
	// CommentsDistinguish makes records that differ in their comments alone not
	// identical.
	CommentsDistinguish bool
	// Unfiltered ignores the filters of a listing.
	Unfiltered bool

	mu      sync.Mutex
	tokens  map[string]*token
	zones   []*Zone
	nextID  int
	changes int
}

type token struct {
	access Access
	faults []*Fault
}

// New starts a server without zones; it ends with the test.
func New(t testing.TB) *Server {
	s := &Server{tokens: map[string]*token{}}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.URL = server.URL + "/client/v4"
	return s
}

// Token makes a token. Its faults apply to requests made with it, the first one that
// fits each time.
func (s *Server) Token(access Access, faults ...Fault) string {
	raw := make([]byte, 30)
	_, _ = rand.Read(raw) // never fails, says crypto/rand
	text := base64.RawURLEncoding.EncodeToString(raw)
	tok := &token{access: access}
	for _, f := range faults {
		tok.faults = append(tok.faults, &f)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens[text] = tok
	return text
}

// Changes counts the batches that changed something.
func (s *Server) Changes() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changes
}

// apiError is an error as answers have it.
type apiError struct {
	status  int
	Code    int        `json:"code"`
	Message string     `json:"message"`
	Chain   []apiError `json:"error_chain,omitempty"`
}

// ServeHTTP answers one request, with its token's fault if one fits.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	tok, refusal := s.authenticate(r)
	if refusal != nil {
		fail(w, *refusal)
		return
	}
	fault := s.fault(tok, r.Method != http.MethodGet)
	if fault == nil {
		s.route(w, r, tok, body)
		return
	}
	fault.serve(w, r, func(w http.ResponseWriter) { s.route(w, r, tok, body) })
}

// authenticate checks the token as the API does: its form, then whether it exists.
func (s *Server) authenticate(r *http.Request) (*token, *apiError) {
	text, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok || len(text) != 40 {
		return nil, &apiError{
			status: http.StatusBadRequest, Code: 6003, Message: "Invalid request headers",
			Chain: []apiError{{Code: 6111, Message: "Invalid format for Authorization header"}},
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	tok := s.tokens[text]
	if tok == nil {
		return nil, &apiError{status: http.StatusForbidden, Code: 9109, Message: "Invalid access token"}
	}
	return tok, nil
}

// route finds what a request is for.
func (s *Server) route(w http.ResponseWriter, r *http.Request, tok *token, body []byte) {
	path := strings.Split(strings.TrimPrefix(r.URL.Path, "/client/v4/"), "/")
	if tok.access == Nothing {
		fail(w, apiError{status: http.StatusForbidden, Code: 9109, Message: "Unauthorized to access requested resource"})
		return
	}
	s.mu.Lock()
	hook := s.BeforeBatch
	s.mu.Unlock()
	switch {
	case r.Method == http.MethodGet && slices.Equal(path, []string{"zones"}):
		s.listZones(w, r)
	case len(path) >= 3 && path[0] == "zones" && path[2] == "dns_records":
		batch := len(path) == 4 && path[3] == "batch" && r.Method == http.MethodPost
		if batch && hook != nil {
			hook()
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		zone := s.zone(path[1])
		switch {
		case zone == nil:
			fail(w, apiError{status: http.StatusNotFound, Code: 7003, Message: "Could not route to " + r.URL.Path + ", perhaps your object identifier is invalid?"})
		case len(path) == 3 && r.Method == http.MethodGet:
			zone.list(w, r)
		case batch && tok.access != Edit:
			fail(w, apiError{status: http.StatusForbidden, Code: 10000, Message: "Authentication error"})
		case batch:
			zone.batch(w, body)
		default:
			noRoute(w, r)
		}
	default:
		noRoute(w, r)
	}
}

func noRoute(w http.ResponseWriter, r *http.Request) {
	fail(w, apiError{status: http.StatusNotFound, Code: 7000, Message: "No route for that URI: " + r.Method + " " + r.URL.Path})
}

func (s *Server) zone(id string) *Zone {
	for _, z := range s.zones {
		if z.ID == id {
			return z
		}
	}
	return nil
}

func (s *Server) listZones(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []any
	for _, z := range s.zones {
		if name := r.URL.Query().Get("name"); name == "" || name == z.Name {
			found = append(found, z)
		}
	}
	page(w, r, found, 20, 50)
}

// page answers with one page of a listing.
func page(w http.ResponseWriter, r *http.Request, all []any, usual, most int) {
	number := func(key string, usual, most int) int {
		n, err := strconv.Atoi(r.URL.Query().Get(key))
		if err != nil || n < 1 {
			return usual
		}
		return min(n, most)
	}
	size, no := number("per_page", usual, most), number("page", 1, 1<<30)
	pages := (len(all) + size - 1) / size
	from, to := min((no-1)*size, len(all)), min(no*size, len(all))
	items := append([]any{}, all[from:to]...)
	answer(w, http.StatusOK, map[string]any{
		"success": true, "errors": []any{}, "messages": []any{}, "result": items,
		"result_info": map[string]any{
			"page": no, "per_page": size, "count": len(items), "total_count": len(all), "total_pages": pages,
		},
	})
}

func fail(w http.ResponseWriter, e apiError) {
	answer(w, e.status, map[string]any{"success": false, "errors": []apiError{e}, "messages": []any{}, "result": nil})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client may be gone
}
