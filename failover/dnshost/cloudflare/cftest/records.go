package cftest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"lifeboat/failover"
	"lifeboat/failover/dnswire"
)

// list answers GET /zones/{zone_id}/dns_records.
func (z *Zone) list(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	var found []any
	for _, rec := range z.records {
		name := q.Get("name.exact")
		if z.server.Unfiltered || (name == "" || strings.EqualFold(name, rec.Name)) && (q.Get("type") == "" || q.Get("type") == rec.Type) {
			found = append(found, rec)
		}
	}
	page(w, r, found, 100, 5000)
}

// edit is a record in a batch: what is nil was left out.
type edit struct {
	ID       string    `json:"id"`
	Type     *string   `json:"type"`
	Name     *string   `json:"name"`
	Content  *string   `json:"content"`
	TTL      *int      `json:"ttl"`
	Priority *int      `json:"priority"`
	Proxied  *bool     `json:"proxied"`
	Comment  *string   `json:"comment"`
	Tags     *[]string `json:"tags"`
}

// onto puts what was given onto a record.
func (e edit) onto(r *Record) {
	set(&r.Type, e.Type)
	set(&r.Name, e.Name)
	set(&r.Content, e.Content)
	set(&r.TTL, e.TTL)
	set(&r.Proxied, e.Proxied)
	set(&r.Tags, e.Tags)
	if e.Priority != nil {
		r.Priority = e.Priority
	}
	if e.Comment != nil {
		r.Comment = e.Comment
	}
}

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

// batch answers POST /zones/{zone_id}/dns_records/batch: deletes, patches, puts and
// posts in this order; the first error undoes everything.
func (z *Zone) batch(w http.ResponseWriter, body []byte) {
	var b struct {
		Deletes []edit `json:"deletes"`
		Patches []edit `json:"patches"`
		Puts    []edit `json:"puts"`
		Posts   []edit `json:"posts"`
	}
	if err := json.Unmarshal(body, &b); err != nil {
		fail(w, apiError{status: http.StatusBadRequest, Code: 9207, Message: "Request body is invalid."})
		return
	}
	count := len(b.Deletes) + len(b.Patches) + len(b.Puts) + len(b.Posts)
	if count == 0 || count > 200 { // a free plan's limit
		fail(w, apiError{status: http.StatusBadRequest, Code: codeBatchSize, Message: "The batch has no records, or more than 200."})
		return
	}
	t := &transaction{zone: z, result: map[string][]*Record{"deletes": {}, "patches": {}, "puts": {}, "posts": {}}}
	for _, r := range z.records {
		c := *r
		t.records = append(t.records, &c)
	}
	for _, step := range []struct {
		name  string
		edits []edit
		do    func(edit) (*Record, *apiError)
	}{
		{"deletes", b.Deletes, t.remove}, {"patches", b.Patches, t.patch}, {"puts", b.Puts, t.put}, {"posts", b.Posts, t.post},
	} {
		for _, e := range step.edits {
			r, refusal := step.do(e)
			if refusal != nil {
				fail(w, *refusal)
				return
			}
			t.result[step.name] = append(t.result[step.name], r)
		}
	}
	z.records = t.records
	z.server.changes++
	answer(w, http.StatusOK, map[string]any{"success": true, "errors": []any{}, "messages": []any{}, "result": t.result})
}

// Codes of our own, for refusals that are documented without theirs.
const (
	codeBatchSize = 9901
	codeTags      = 9902
	codeCombined  = 9903
)

type transaction struct {
	zone    *Zone
	records []*Record
	result  map[string][]*Record
}

func (t *transaction) find(id string) (int, *apiError) {
	i := slices.IndexFunc(t.records, func(r *Record) bool { return r.ID == id })
	if i < 0 {
		return 0, &apiError{status: http.StatusNotFound, Code: 81044, Message: "Record does not exist."}
	}
	return i, nil
}

func (t *transaction) remove(e edit) (*Record, *apiError) {
	i, refusal := t.find(e.ID)
	if refusal != nil {
		return nil, refusal
	}
	r := t.records[i]
	t.records = slices.Delete(t.records, i, i+1)
	return r, nil
}

func (t *transaction) patch(e edit) (*Record, *apiError) {
	i, refusal := t.find(e.ID)
	if refusal != nil {
		return nil, refusal
	}
	e.onto(t.records[i])
	return t.records[i], t.validate(t.records[i])
}

// put overwrites a record: what is left out gets its default.
func (t *transaction) put(e edit) (*Record, *apiError) {
	i, refusal := t.find(e.ID)
	if refusal != nil {
		return nil, refusal
	}
	old := t.records[i]
	fresh := Record{TTL: 1, Tags: []string{}}
	e.onto(&fresh)
	t.zone.complete(&fresh)
	fresh.ID = old.ID
	*old = fresh
	return old, t.validate(old)
}

func (t *transaction) post(e edit) (*Record, *apiError) {
	r := &Record{TTL: 1}
	e.onto(r)
	t.zone.complete(r)
	t.records = append(t.records, r)
	return r, t.validate(r)
}

// refuse makes a refusal of a record.
func refuse(code int, format string, args ...any) *apiError {
	return &apiError{status: http.StatusBadRequest, Code: code, Message: fmt.Sprintf(format, args...)}
}

// validate brings a record into the API's form and holds it against the rules and
// the others.
func (t *transaction) validate(r *Record) *apiError {
	r.Name = strings.ToLower(r.Name)
	if r.Name == "@" {
		r.Name = t.zone.Name
	}
	if r.Name != t.zone.Name && !strings.HasSuffix(r.Name, "."+t.zone.Name) {
		return refuse(9000, "DNS name is invalid.")
	}
	for _, rule := range []func(*Record) *apiError{t.attributes, t.content, t.among} {
		if refusal := rule(r); refusal != nil {
			return refusal
		}
	}
	return nil
}

// attributes holds what is kept with a record against the limits of a free plan.
func (t *transaction) attributes(r *Record) *apiError {
	switch {
	case r.TTL != 1 && (r.TTL < 60 || r.TTL > 86400):
		return refuse(9021, "Invalid TTL. Must be between 60 and 86400 seconds, or 1 for Automatic.")
	case r.Proxied && !r.Proxiable:
		return refuse(9004, "This record type cannot be proxied.")
	case r.Comment != nil && utf8.RuneCountInString(*r.Comment) > 100:
		return refuse(9313, "DNS record comment exceeds the maximum length of 100 characters.")
	case len(r.Tags) > 0 && t.zone.Plan["name"] == "Free Website":
		return refuse(codeTags, "DNS record has %d tags, exceeding the quota of 0.", len(r.Tags))
	}
	return nil
}

// content holds a record's data against its type.
func (t *transaction) content(r *Record) *apiError {
	switch r.Type {
	case "MX":
		if r.Priority == nil || *r.Priority < 0 || *r.Priority > 65535 {
			return refuse(9100, "priority is a required data field.")
		}
	case "SRV", "URI":
	default:
		r.Priority = nil // ignored
	}
	value, err := r.value()
	if err != nil {
		return refuse(9101, "Content for %s record is invalid.", r.Type)
	}
	switch {
	case r.Type == "TXT" && strings.HasPrefix(r.Content, `"`):
		r.Content = value
	case r.Type == "MX" || r.Type == "CNAME":
		if r.Content != "." {
			r.Content = strings.TrimSuffix(r.Content, ".")
		}
	}
	return nil
}

// among holds a record against the others of its name.
func (t *transaction) among(r *Record) *apiError {
	size := len(r.Content)
	for _, o := range t.records {
		if o == r || o.Name != r.Name {
			continue
		}
		switch {
		case r.Type == "CNAME":
			return refuse(81053, "An A, AAAA, or CNAME record with that host already exists.")
		case o.Type == "CNAME":
			return refuse(81054, "A CNAME record with that host already exists.")
		case o.Type == r.Type && t.identical(o, r):
			return refuse(81058, "An identical record already exists.")
		case o.Type == r.Type:
			size += len(o.Content)
		}
	}
	if size > 8192 {
		return refuse(codeCombined, "The combined content of the records exceeds 8192 characters.")
	}
	return nil
}

func (t *transaction) identical(a, b *Record) bool {
	if t.zone.server.CommentsDistinguish && text(a.Comment) != text(b.Comment) {
		return false
	}
	if (a.Priority == nil) != (b.Priority == nil) || a.Priority != nil && *a.Priority != *b.Priority {
		return false
	}
	return a.Content == b.Content
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// Seed puts record sets into the zone as years of use leave them: every other
// record with an automatic TTL, if that is what its TTL comes to, comments on some,
// and a text without quotes.
func (z *Zone) Seed(sets []failover.RRset) {
	n := 0
	for _, set := range sets {
		for _, v := range set.Values {
			r := Of(set, v)
			if n++; n%2 == 0 && r.TTL == 300 {
				r.TTL = 1
			}
			if n%3 == 0 {
				note := fmt.Sprintf("ticket %d – ask Ann before changing", n)
				r.Comment = &note
			}
			if plain, err := dnswire.Text(v); r.Type == "TXT" && err == nil && strings.HasPrefix(plain, "site-verification=") {
				r.Content = plain
			}
			z.Add(r)
		}
	}
}
