package tokens

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// Fault is an answer in place of the right one.
type Fault struct {
	Status int
	Header map[string]string
	Body   string
	Hang   bool // there is no answer until the client leaves
}

// Fail lets the next requests, to the endpoints for tokens and device codes, meet the
// faults, one each.
func (i *Issuer) Fail(faults ...Fault) { i.set(func() { i.faults = append(i.faults, faults...) }) }

// FailAlways lets the next n requests meet the fault.
func (i *Issuer) FailAlways(n int, fault Fault) {
	for range n {
		i.Fail(fault)
	}
}

// Heal forgets the faults that nobody met.
func (i *Issuer) Heal() { i.set(func() { i.faults = nil }) }

// MicrosoftError is an answer as Microsoft Entra gives it: an AADSTS number, the word
// of RFC 6749, and a text, which quotes what was sent.
func MicrosoftError(number int, word, text string) Fault {
	body, _ := json.Marshal(map[string]any{
		"error": word, "error_codes": []int{number}, "timestamp": "2026-11-22 00:00:00Z",
		"error_description": fmt.Sprintf("AADSTS%d: %s Trace ID: 0f0e7d3c-0000-4000-8000-000000000000 Correlation ID: 0f0e7d3c-0000-4000-8000-000000000001", number, text),
		"trace_id":          "0f0e7d3c-0000-4000-8000-000000000000",
		"error_uri":         fmt.Sprintf("https://login.microsoftonline.com/error?code=%d", number),
	}) // a map of strings always encodes
	return Fault{Status: http.StatusBadRequest, Header: map[string]string{"Content-Type": "application/json; charset=utf-8"}, Body: string(body)}
}

// Error is an answer of RFC 6749 section 5.2.
func Error(word, description string) Fault {
	body, _ := json.Marshal(map[string]string{"error": word, "error_description": description}) // always encodes
	return Fault{Status: http.StatusBadRequest, Header: map[string]string{"Content-Type": "application/json"}, Body: string(body)}
}

// Busy is 429 or 503 with Retry-After in seconds; 0: without.
func Busy(status, seconds int) Fault {
	f := Fault{Status: status, Header: map[string]string{}, Body: "<html>busy</html>"}
	if seconds > 0 {
		f.Header["Retry-After"] = fmt.Sprint(seconds)
	}
	return f
}

// met counts a request and lets it meet the next fault; false: there is none.
func (i *Issuer) met(w http.ResponseWriter, r *http.Request, what string) bool {
	i.mu.Lock()
	i.counts[what]++
	if len(i.faults) == 0 {
		i.mu.Unlock()
		return false
	}
	fault := i.faults[0]
	i.faults = i.faults[1:]
	i.mu.Unlock()
	if fault.Hang {
		<-r.Context().Done()
		return true
	}
	for name, value := range fault.Header {
		w.Header().Set(name, value)
	}
	w.WriteHeader(fault.Status)
	_, _ = w.Write([]byte(fault.Body)) // a client that left needs no answer
	return true
}
