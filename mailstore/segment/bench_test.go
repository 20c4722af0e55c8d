package segment_test

import (
	"encoding/base64"
	"fmt"
	"io"
	"testing"

	"lifeboat/mailstore/segment"
)

// corpus is what a mailbox holds, by its sizes: many short texts, some pages of
// HTML, and few long attachments in base64, which make most of the bytes.
func corpus() (all [][]byte, size int64) {
	for i := range uint64(400) {
		var b []byte
		switch {
		case i%40 == 0:
			b = fmt.Appendf(prose(i, 2000), "%s", wrap(base64.StdEncoding.EncodeToString(random(i, 800_000))))
		case i%8 == 0:
			b = fmt.Appendf(prose(i, 5000), "%s", wrap(base64.StdEncoding.EncodeToString(random(i, 30_000))))
		default:
			b = prose(i, 2000+int(i*37%12000))
		}
		all, size = append(all, b), size+int64(len(b))
	}
	return all, size
}

// wrap breaks a text into lines as MIME does (RFC 2045 section 6.8).
func wrap(s string) []byte {
	var b []byte
	for len(s) > 76 {
		b, s = append(append(b, s[:76]...), "\r\n"...), s[76:]
	}
	return append(b, s...)
}

// BenchmarkWrite is the first mirror's share of this package: to hash, compress,
// seal and append, and to sync every 64 messages.
func BenchmarkWrite(b *testing.B) {
	all, size := corpus()
	f := open(b, b.TempDir(), segment.Options{})
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		var stored int64
		for i, body := range all {
			w := f.NewWriter()
			if _, err := w.Write(body); err != nil {
				b.Fatal(err)
			}
			ref, err := w.Close()
			if err == nil && i%64 == 63 {
				err = f.Sync(b.Context())
			}
			if err != nil {
				b.Fatal(err)
			}
			stored += ref.Stored()
		}
		b.ReportMetric(float64(stored)/float64(size), "stored/byte")
	}
}

// BenchmarkWriteParallel is the same with a writer for every processor.
func BenchmarkWriteParallel(b *testing.B) {
	all, size := corpus()
	f := open(b, b.TempDir(), segment.Options{})
	b.SetBytes(size / int64(len(all)))
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i++ {
			w := f.NewWriter()
			if _, err := w.Write(all[i%len(all)]); err != nil {
				b.Error(err)
			}
			if _, err := w.Close(); err != nil {
				b.Error(err)
			}
		}
	})
}

// BenchmarkRead reads every body once.
func BenchmarkRead(b *testing.B) {
	all, size := corpus()
	f := open(b, b.TempDir(), segment.Options{})
	var refs []segment.Ref
	for _, body := range all {
		refs = append(refs, put(b, f, body))
	}
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		for _, ref := range refs {
			r, err := f.Open(ref)
			if err == nil {
				_, err = io.Copy(io.Discard, r)
			}
			if err != nil {
				b.Fatal(err)
			}
			_ = r.Close() // only read from
		}
	}
}
