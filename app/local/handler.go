package local

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"time"

	"lifeboat/app/engine"
	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// handler answers the calls of faces.
func (a *API) handler(s engine.Served) http.Handler {
	mux := http.NewServeMux()
	handle(mux, pathQueue, func(ctx context.Context, c queueCall) (relay.Listing, error) {
		return s.Queue(ctx, c.Filter, min(c.Limit, mostLines))
	})
	handle(mux, pathLog, func(ctx context.Context, c logCall) ([]relay.Event, error) {
		c.Limit = min(c.Limit, mostEvents)
		return s.Log(ctx, relay.LogQuery(c))
	})
	handle(mux, pathSamples, func(ctx context.Context, c samplesCall) ([]relay.Sample, error) {
		return s.Samples(ctx, c.Since, c.Until, min(c.Most, mostLines))
	})
	handle(mux, pathAct, func(ctx context.Context, c relay.Act) ([]relay.Line, error) { return s.Act(ctx, c) })
	handle(mux, pathStatus, func(ctx context.Context, _ statusCall) (engine.ServeStatus, error) { return s.Status(ctx) })
	mux.HandleFunc("POST "+pathSend, func(w http.ResponseWriter, r *http.Request) { answerSend(w, r, s) })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(versionHeader, a.Version)
		if r.Header.Get(versionHeader) != a.Version {
			refuse(w, http.StatusConflict, failover.Fail(failover.ErrUnsupported,
				"the Lifeboat that is running here is version {ours}, and what asks is another: stop it and start it again with this version", "ours", a.Version))
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// handle answers a call whose request and answer are one JSON document each.
func handle[Call, Answer any](mux *http.ServeMux, path string, do func(context.Context, Call) (Answer, error)) {
	mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) {
		var c Call
		b, err := body(w, r, jsonType, mostRequest)
		if err == nil {
			err = decode(b, &c)
		}
		if err != nil {
			refuse(w, http.StatusBadRequest, notUnderstood(err))
			return
		}
		out, err := do(r.Context(), c)
		reply(w, out, err)
	})
}

// body reads a request whole.
func body(w http.ResponseWriter, r *http.Request, kind string, most int64) ([]byte, error) {
	if got, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || got != kind {
		return nil, errors.New("the request is not " + kind)
	}
	var b bytes.Buffer
	if r.ContentLength > 0 && r.ContentLength <= most {
		b.Grow(int(min(r.ContentLength, mostRequest)))
	}
	_, err := io.Copy(&b, http.MaxBytesReader(w, r.Body, most))
	return b.Bytes(), err
}

// answerSend takes a message: a line of JSON, then its bytes.
func answerSend(w http.ResponseWriter, r *http.Request, s engine.Served) {
	b, err := body(w, r, outgoingType, mostMessage)
	out, parsed := parseSend(b)
	if err = errors.Join(err, parsed); err != nil {
		refuse(w, http.StatusBadRequest, notUnderstood(err))
		return
	}
	sent, err := s.Send(r.Context(), out)
	reply(w, sent, err)
}

var errNoLine = errors.New("the line that describes the message is missing or too long")

func parseSend(b []byte) (engine.Outgoing, error) {
	line, message, found := bytes.Cut(b, []byte{'\n'})
	if !found || len(line) > mostRequest {
		return engine.Outgoing{}, errNoLine
	}
	var c sendCall
	if err := decode(line, &c); err != nil {
		return engine.Outgoing{}, err
	}
	wait := min(max(c.WaitMillis, 0), mostWait.Milliseconds())
	return engine.Outgoing{Envelope: c.Envelope, Message: message, Wait: time.Duration(wait) * time.Millisecond}, nil
}

func notUnderstood(err error) error {
	return failover.Fail(failover.ErrInvalid, "the Lifeboat that is running here does not understand the request: use the same version on both sides").Because(err)
}

func reply(w http.ResponseWriter, out any, err error) {
	if err != nil {
		refuse(w, http.StatusUnprocessableEntity, err)
		return
	}
	write(w, http.StatusOK, out)
}

func refuse(w http.ResponseWriter, status int, err error) {
	say := toWire(err)
	write(w, status, failure{Error: &say})
}

func write(w http.ResponseWriter, status int, out any) {
	w.Header().Set("Content-Type", jsonType)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(out) // whoever asked has gone
}
