package lab

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/miekg/dns"
)

const (
	dohPath = "/dns-query"
	dohType = "application/dns-message"
)

// https serves DNS over HTTPS (RFC 8484).
func (answer responder) https(cert *tls.Certificate, log *slog.Logger) func(ctx context.Context, l net.Listener) {
	return webServer(dohPath, answer, cert, log)
}

// webServer serves one page over HTTPS until the listener is closed.
func webServer(path string, page http.Handler, cert *tls.Certificate, log *slog.Logger) func(ctx context.Context, l net.Listener) {
	mux := http.NewServeMux()
	mux.Handle(path, page)
	return func(ctx context.Context, l net.Listener) {
		srv := &http.Server{
			Handler:           mux,
			ReadHeaderTimeout: 10 * time.Second, IdleTimeout: tcpIdle,
			TLSConfig:   &tls.Config{Certificates: []tls.Certificate{*cert}, MinVersion: tls.VersionTLS12},
			ErrorLog:    slog.NewLogLogger(log.Handler(), slog.LevelDebug),
			BaseContext: func(net.Listener) context.Context { return ctx },
		}
		_ = srv.ServeTLS(l, "", "") // ends when the listener is closed, and says so
		_ = srv.Close()
	}
}

// ServeHTTP answers one question.
func (answer responder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var query []byte
	var err error
	switch {
	case r.Method == http.MethodGet:
		query, err = base64.RawURLEncoding.DecodeString(r.URL.Query().Get("dns"))
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", "GET, POST")
		http.Error(w, "GET or POST", http.StatusMethodNotAllowed)
		return
	case r.Header.Get("Content-Type") != dohType:
		http.Error(w, "send "+dohType, http.StatusUnsupportedMediaType)
		return
	default:
		query, err = io.ReadAll(http.MaxBytesReader(w, r.Body, dns.MaxMsgSize))
	}
	if err != nil || len(query) == 0 {
		http.Error(w, "no DNS message", http.StatusBadRequest)
		return
	}
	reply := answer(r.Context(), query, true)
	if len(reply) == 0 {
		// Its silence: the connection stays open, and nothing comes.
		<-r.Context().Done()
		return
	}
	w.Header().Set("Content-Type", dohType)
	if age, ok := lowestTTL(reply); ok { // RFC 8484 section 5.1
		w.Header().Set("Cache-Control", fmt.Sprintf("max-age=%d", age))
	}
	_, _ = w.Write(reply) // a client that has gone needs no answer
}

func lowestTTL(wire []byte) (ttl uint32, ok bool) {
	var m dns.Msg
	if m.Unpack(wire) != nil {
		return 0, false
	}
	for _, rr := range m.Answer {
		if h := rr.Header(); !ok || h.Ttl < ttl {
			ttl, ok = h.Ttl, true
		}
	}
	return ttl, ok
}
