package cloudflare_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/dnshost/cloudflare"
	"lifeboat/failover/dnshost/cloudflare/cftest"
	"lifeboat/failover/dnshost/hosttest"
)

// fixture is a documented request and its answer, see testdata/README.md.
type fixture struct {
	Source  string `json:"source"`
	Request struct {
		Method string          `json:"method"`
		Path   string          `json:"path"`
		Query  string          `json:"query"`
		Body   json.RawMessage `json:"body"`
	} `json:"request"`
	Status int             `json:"status"`
	Answer json.RawMessage `json:"answer"`
}

func load(t testing.TB, name string) fixture {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var f fixture
	if err := json.Unmarshal(b, &f); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if f.Source == "" || f.Status == 0 || len(f.Answer) == 0 {
		t.Fatalf("%s lacks its source, status or answer", name)
	}
	return f
}

func mxSet(values ...string) failover.RRset {
	return failover.NewRRset(zone, "MX", 300, values...)
}

// TestDocumentedExchange plays the documented answers one after the other, and
// holds the client's requests against the documented ones.
func TestDocumentedExchange(t *testing.T) {
	zones, before, batch := load(t, "list_zones"), load(t, "list_records"), load(t, "batch")
	var got []string
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		path := strings.TrimPrefix(r.URL.Path, "/client/v4")
		got = append(got, describe(r.Method, path, r.URL.RawQuery, body))
		var answer []byte
		switch {
		case path == "/zones":
			answer = zones.Answer
		case strings.HasSuffix(path, "/batch"):
			answer = batch.Answer
		case strings.Contains(r.URL.RawQuery, "_lifeboat-lock"):
			answer = emptyList(t, before.Answer)
		case len(got) > 4: // after the batch
			answer = listOf(t, before.Answer, batch.Answer)
		default:
			answer = before.Answer
		}
		_, _ = w.Write(answer)
	}))
	defer api.Close()

	h := open(t, cloudflare.Options{BaseURL: api.URL + "/client/v4"}, strings.Repeat("t", 40))
	err := h.Apply(t.Context(), dnshost.Change{
		Zone:   zone,
		Before: mxSet("10 mx1.primary.example.", "20 mx2.primary.example."),
		After:  mxSet("10 in1.secondary.example.", "20 in2.secondary.example.", "30 in3.secondary.example."),
	})
	if err != nil {
		t.Fatal(err)
	}
	as := func(f fixture) string {
		return describe(f.Request.Method, f.Request.Path, f.Request.Query, f.Request.Body)
	}
	lock := strings.Replace(as(before), "example.test&", "_lifeboat-lock.example.test&", 1)
	lock = strings.Replace(lock, "type=MX", "type=TXT", 1)
	if d := cmp.Diff([]string{as(zones), as(before), lock, as(batch), as(before)}, got); d != "" {
		t.Errorf("requests (-documented +sent):\n%s", d)
	}
}

func describe(method, path, query string, body []byte) string {
	if len(body) > 0 {
		var v any
		if err := json.Unmarshal(body, &v); err != nil {
			return fmt.Sprintf("%s %s with %q", method, path, body)
		}
		body, _ = json.Marshal(v) // sorted keys
	}
	return fmt.Sprintf("%s %s?%s %s", method, path, query, body)
}

// emptyList is a listing's answer without results, listOf one with the records of a
// batch's answer.
func emptyList(t testing.TB, list []byte) []byte { return listOf(t, list, []byte(`{"result":{}}`)) }

func listOf(t testing.TB, list, batch []byte) []byte {
	t.Helper()
	var answer map[string]any
	var b struct {
		Result struct {
			Patches []any `json:"patches"`
			Posts   []any `json:"posts"`
		} `json:"result"`
	}
	if err := errors.Join(json.Unmarshal(list, &answer), json.Unmarshal(batch, &b)); err != nil {
		t.Fatal(err)
	}
	answer["result"] = append(append([]any{}, b.Result.Patches...), b.Result.Posts...)
	out, err := json.Marshal(answer)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestDocumentedErrors: what each error means when it answers a question and when
// it answers a change.
func TestDocumentedErrors(t *testing.T) {
	for name, want := range map[string]struct{ read, change error }{
		"error_token_form":       {failover.ErrCredential, failover.ErrReadOnly},
		"error_token_unknown":    {failover.ErrCredential, failover.ErrReadOnly},
		"error_token_permission": {failover.ErrCredential, failover.ErrReadOnly},
		"error_zone":             {failover.ErrZone, failover.ErrZone},
		"error_free_tld":         {failover.ErrUnsupported, failover.ErrUnsupported},
		"error_throttled":        {failover.ErrThrottled, failover.ErrThrottled},
		"error_alias":            {nil, failover.ErrInvalid},
		"error_comment":          {nil, failover.ErrInvalid},
		"error_identical":        {nil, failover.ErrStale},
		"error_record_gone":      {nil, failover.ErrStale},
	} {
		f := load(t, name)
		server := cftest.New(t)
		server.AddZone(zone).Seed(hosttest.Records(zone))
		for _, c := range []struct {
			what  string
			fault cftest.Fault
			want  error
		}{
			{"a question", cftest.Fault{Reads: true, Status: f.Status, Body: string(f.Answer)}, want.read},
			{"a change", cftest.Fault{Writes: true, Status: f.Status, Body: string(f.Answer)}, want.change},
		} {
			if c.want == nil {
				continue
			}
			token := server.Token(cftest.Edit, c.fault)
			h := open(t, cloudflare.Options{BaseURL: server.URL}, token)
			err := h.Apply(t.Context(), dnshost.Change{
				Zone: zone, Before: mxSet("10 mx1.primary.example.", "20 mx2.primary.example."), After: mxSet("10 in1.secondary.example."),
			})
			var fe *failover.Error
			if !errors.Is(err, c.want) || !errors.As(err, &fe) || strings.Contains(fe.Say.String(), "{") {
				t.Errorf("%s in answer to %s: %v, not of the kind %q", name, c.what, err, c.want)
			}
		}
		if n := server.Changes(); n != 0 {
			t.Errorf("%s: %d changes were made", name, n)
		}
	}
}

// TestReplayServerHasTheDocumentedShape: the replay server's answers have the keys of
// the documented ones, no more and no less.
func TestReplayServerHasTheDocumentedShape(t *testing.T) {
	server := cftest.New(t)
	z := server.AddZone(zone)
	first := mxSet("10 mx1.primary.example.")
	note := "the first"
	one, two := cftest.Of(first, "10 mx1.primary.example."), cftest.Of(first, "20 mx2.primary.example.")
	one.Comment = &note
	added := []*cftest.Record{z.Add(one), z.Add(two)}
	token := server.Token(cftest.Edit)

	for _, name := range []string{"list_zones", "list_records", "batch"} {
		f := load(t, name)
		path, body := f.Request.Path, string(f.Request.Body)
		path = strings.Replace(path, "000000000000000000005eed00000001", z.ID, 1)
		for i, r := range added {
			body = strings.ReplaceAll(body, fmt.Sprintf("000000000000000000005eed0000001%d", i+1), r.ID)
		}
		req, err := http.NewRequestWithContext(t.Context(), f.Request.Method, server.URL+path+"?"+f.Request.Query, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil || res.StatusCode != f.Status {
			t.Fatalf("%s: status %d, %v: %s", name, res.StatusCode, err, answer)
		}
		if d := cmp.Diff(shape(t, f.Answer), shape(t, answer)); d != "" {
			t.Errorf("%s (-documented +replayed):\n%s", name, d)
		}
	}
}

// shape lists the paths of all keys with the kinds of their values. Times of
// comments and tags are there only when they are.
func shape(t testing.TB, b []byte) []string {
	t.Helper()
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	var paths []string
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for k, e := range v {
				if k != "comment_modified_on" && k != "tags_modified_on" {
					walk(path+"/"+k, e)
				}
			}
		case []any:
			for _, e := range v {
				walk(path+"[]", e)
			}
			paths = append(paths, path+" list")
		case nil:
			paths = append(paths, path+" null")
		default:
			paths = append(paths, fmt.Sprintf("%s %T", path, v))
		}
	}
	walk("", v)
	slices.Sort(paths)
	return slices.Compact(paths)
}
