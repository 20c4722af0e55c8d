package local_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"lifeboat/app/local"
)

// FuzzRequest: whatever is asked, the answer is JSON, and what is not understood
// reaches nobody.
func FuzzRequest(f *testing.F) {
	f.Add("/v1/queue", "application/json", []byte(`{"filter":{"state":"held"},"limit":3}`))
	f.Add("/v1/queue", "application/json", []byte(`{"filter":{}} {}`))
	f.Add("/v1/log", "application/json; charset=utf-8", []byte(`{"kinds":["sent"],"since":"2026-01-02T03:04:05Z"}`))
	f.Add("/v1/act", "application/json", []byte(`{"kind":"drop","of":{},"by":"me","more":1}`))
	f.Add("/v1/send", "application/vnd.lifeboat.outgoing", []byte("{\"envelope\":{\"from\":\"a@b\",\"to\":[]},\"wait_ms\":-5}\nSubject: x\r\n\r\n"))
	f.Add("/v1/send", "application/vnd.lifeboat.outgoing", []byte("{}"))
	f.Add("/v1/status", "text/plain", []byte("null"))
	f.Add("/v2/", "", []byte{})
	f.Fuzz(func(t *testing.T, path, kind string, body []byte) {
		d := &desk{}
		r := httptest.NewRequest(http.MethodPost, "http://lifeboat/", bytes.NewReader(body))
		r.URL.Path = path
		r.Header.Set("Content-Type", kind)
		r.Header.Set("Lifeboat-Version", "v1")
		w := httptest.NewRecorder()
		local.Handler(api("v1"), d).ServeHTTP(w, r)
		if w.Code == http.StatusBadRequest && len(d.asked) > 0 {
			t.Error("refused, and yet asked:", d.asked)
		}
		if w.Header().Get("Content-Type") == "application/json" && !json.Valid(w.Body.Bytes()) {
			t.Errorf("no JSON: %q", w.Body)
		}
	})
}

// FuzzRecord: serve.json may hold anything.
func FuzzRecord(f *testing.F) {
	f.Add([]byte(`{"pid":1,"version":"v1","address":"/x","started":"2026-01-02T03:04:05Z"}`))
	f.Add([]byte(`{"pid":-1}`))
	f.Add([]byte(`[`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if local.ParseRecord(b) == nil && !json.Valid(b) {
			t.Error("taken, and no JSON")
		}
	})
}
