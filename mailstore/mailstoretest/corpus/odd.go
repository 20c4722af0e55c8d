package corpus

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"
)

// odd are the kinds that mailboxes hold in life and standards do not.
func odd() []kind {
	return slices.Concat(odd1(), oddMIME(), oddHeaders(), special())
}

// odd1 are oddities of the message as a whole.
func odd1() []kind {
	return []kind{
		{"identical", 0, func(*maker) []byte { return []byte(identical) }},
		{"same message-id", 0, (*maker).sameID},
		{"no message-id", 0, (*maker).withoutID},
		{"empty message-id", 0, func(m *maker) []byte { return m.raw("Message-ID:\r\nSubject: empty id %d\r\n\r\nText.\r\n") }},
		{"bare LF", 0, func(m *maker) []byte {
			return bytes.ReplaceAll(m.plain(inJapanese(), "utf-8", nil, "8bit"), []byte("\r\n"), []byte("\n"))
		}},
		{"bare CR", 0, func(m *maker) []byte {
			return bytes.ReplaceAll(m.plain(inEnglish(), "us-ascii", nil, "7bit"), []byte("\r\n"), []byte("\r"))
		}},
		{"bare CR in the text", 0, func(m *maker) []byte {
			return m.raw("Subject: bare CR %d\r\nMessage-ID: <cr.%[1]d@corpus.test>\r\n\r\none\rtwo\r\rthree\r\r\nfour\r")
		}},
		{"mixed line ends", 0, func(m *maker) []byte {
			return m.raw("Subject: mixed %d\r\nFrom: a@example.test\nTo: b@example.test\r\nMessage-ID: <mixed.%[1]d@corpus.test>\n\r\none\ntwo\r\nthree\n\nfour")
		}},
		{"no empty line", 0, func(m *maker) []byte {
			return m.raw("From: Anna <a@example.test>\r\nSubject: no empty line %d\r\nMessage-ID: <nel.%[1]d@corpus.test>\r\nHello, the text begins at once.\r\nSecond line.\r\n")
		}},
		{"no body", 0, func(m *maker) []byte {
			return m.raw("From: a@example.test\r\nSubject: no body %d\r\nMessage-ID: <nobody.%[1]d@corpus.test>\r\n")
		}},
		{"no body after the empty line", 0, func(m *maker) []byte {
			return m.raw("From: a@example.test\r\nSubject: empty body %d\r\nMessage-ID: <empty.%[1]d@corpus.test>\r\n\r\n")
		}},
		{"no header", 0, func(m *maker) []byte { return m.raw("Only text %d, and no header at all.\r\nSecond line.\r\n") }},
		{"empty header", 0, func(m *maker) []byte { return m.raw("\r\nThe header %d is empty.\r\n") }},
		{"one octet", 0, func(*maker) []byte { return []byte("x") }},
		{"only an empty line", 0, func(*maker) []byte { return []byte("\r\n") }},
		{"no line end at the end", 0, func(m *maker) []byte {
			return m.raw("From: a@example.test\r\nSubject: no line end %d\r\nMessage-ID: <nle.%[1]d@corpus.test>\r\n\r\nText")
		}},
		{"NUL", 0, func(m *maker) []byte {
			return m.raw("From: a@example.test\r\nSubject: nul\x00l %d\r\nMessage-ID: <nul.%[1]d@corpus.test>\r\n\r\nbefore\x00after\r\n\x00\x00\r\n")
		}},
		{"mbox From", 0, func(m *maker) []byte {
			return m.raw("From a@example.test Thu Nov 19 10:00:00 2026\r\nFrom: a@example.test\r\nSubject: mbox %d\r\nMessage-ID: <mbox.%[1]d@corpus.test>\r\n\r\nText.\r\n>From the archive.\r\nFrom here on.\r\n")
		}},
		{"ends with a dot line", 0, func(m *maker) []byte {
			return m.raw("Subject: dot %d\r\nMessage-ID: <dot.%[1]d@corpus.test>\r\n\r\n.\r\n..\r\n.\r\n")
		}},
		{"IMAP syntax", 0, func(m *maker) []byte {
			return m.raw("Subject: {%d}\r\nMessage-ID: <imap.%[1]d@corpus.test>\r\n\r\n)\r\nA1 OK done\r\n* BYE {10}\r\n* 1 FETCH (BODY[] {3}\r\n")
		}},
		{"stub-like", 0, func(m *maker) []byte {
			return m.raw("From: a@example.test\r\nSubject: Retrieval using the IMAP4 protocol failed %d\r\nMessage-ID: <stub.%[1]d@corpus.test>\r\n\r\n" +
				"Retrieval using the IMAP4 protocol failed for the following message: 17\r\nOur help desk asks what this text means.\r\n")
		}},
	}
}

const identical = "From: robot@example.test\r\nTo: all@example.test\r\nSubject: nightly run\r\nDate: Thu, 19 Nov 2026 03:00:00 +0900\r\n" +
	"Message-ID: <nightly@corpus.test>\r\n\r\nThe nightly run has ended.\r\n"

// raw fills the message's number in.
func (m *maker) raw(text string) []byte { return fmt.Appendf(nil, text, m.number) }

// sameID are different messages with one Message-ID, as broken programs and
// mailing lists send them.
func (m *maker) sameID() []byte {
	return m.raw("From: list@example.test\r\nSubject: digest %d\r\nMessage-ID: <same@corpus.test>\r\n\r\nIssue %[1]d.\r\n")
}

func (m *maker) withoutID() []byte {
	raw := m.plain(inJapanese(), "utf-8", nil, "8bit")
	from := bytes.Index(raw, []byte("Message-ID:"))
	to := from + bytes.IndexByte(raw[from:], '\n') + 1
	return slices.Delete(raw, from, to)
}

// oddMIME are oddities of the structure.
func oddMIME() []kind {
	return []kind{
		{"no boundary", 0, func(m *maker) []byte {
			return m.typed("multipart/mixed", "--abc\r\nContent-Type: text/plain\r\n\r\nText without a boundary named.\r\n--abc--\r\n")
		}},
		{"wrong boundary", 0, func(m *maker) []byte {
			return m.typed("multipart/mixed; boundary=xyz", "--abc\r\nContent-Type: text/plain\r\n\r\nText behind another boundary.\r\n--abc--\r\n")
		}},
		{"boundary never closed", 0, func(m *maker) []byte {
			return m.typed("multipart/mixed; boundary=abc", "--abc\r\nContent-Type: text/plain\r\n\r\nText.\r\n--abc\r\nContent-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERi0xLjQ=")
		}},
		{"multipart without parts", 0, func(m *maker) []byte { return m.typed("multipart/mixed; boundary=abc", "Only a preamble.\r\n") }},
		{"nested", 0, nested},
		{"wrong transfer encoding", 0, func(m *maker) []byte {
			return m.typed("text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64", "This is no base64 at all, is it?\r\n")
		}},
		{"unknown transfer encoding", 0, func(m *maker) []byte {
			return m.typed("text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8-bit", "これは普通の文です。\r\n")
		}},
		{"broken base64", 0, func(m *maker) []byte {
			return m.typed("text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64", "44GT44KM44Gv\r\n!!5paH\r\n44Gn44GZ=44CC\r\n=")
		}},
		{"broken content-type", 0, func(m *maker) []byte { return m.typed("text; charset", "Text of no type.\r\n") }},
		{"unknown charset", 0, func(m *maker) []byte {
			return m.typed("text/plain; charset=x-unknown", "文字コード不明の文です。\r\n")
		}},
		{"wrong charset", 0, func(m *maker) []byte {
			return m.typed("text/plain; charset=iso-8859-1", "これは UTF-8 です。\r\n")
		}},
		{"charset missing", 0, func(m *maker) []byte {
			return m.typed("text/plain", string(encode(japanese2022(), "文字コードの指定がない文です。\r\n")))
		}},
		{"utf-7", 0, func(m *maker) []byte { return m.typed("text/plain; charset=utf-7", "Hi Mom +Jjo-! +ZeVnLIqe-\r\n") }},
		{"escape cut off", 0, func(m *maker) []byte {
			return m.typed("text/plain; charset=iso-2022-jp", "\x1b$B$3$l$OESCf\r\nnext line\x1b$")
		}},
		{"half-width katakana", 0, func(m *maker) []byte {
			return m.typed("text/plain; charset=iso-2022-jp", "\x1b(I6@6E\x1b(B \xb6\xc0\xb6\xc5 \x1b$B-!-j\x1b(B\r\n")
		}},
		{"long line", 0, func(m *maker) []byte {
			return m.typed("text/plain; charset=utf-8", strings.Repeat("長い行が続きます。", 12000)+"\r\nend\r\n")
		}},
		{"no line ends in base64", 0, func(m *maker) []byte {
			var b bytes.Buffer
			m.base64(&b, 90000)
			return m.typed("application/octet-stream; name=one-line.bin\r\nContent-Transfer-Encoding: base64", strings.ReplaceAll(b.String(), "\r\n", ""))
		}},
		{"format=flowed", 0, func(m *maker) []byte {
			return m.typed("text/plain; charset=utf-8; format=flowed; delsp=yes", "これは折り返された \r\n一つの段落です。\r\n\r\n> 引用も折り返され \r\n> ます。\r\n-- \r\n署名\r\n")
		}},
		{"uuencode", 0, func(m *maker) []byte {
			return m.typed("text/plain", "The file:\r\n\r\nbegin 644 hello.txt\r\n+2&5L;&\\L('=O<FQD\r\n`\r\nend\r\n\r\nBye.\r\n")
		}},
	}
}

func (m *maker) typed(contentType, body string) []byte {
	var b bytes.Buffer
	m.head(&b, fmt.Sprintf("odd %d", m.number), "Content-Type: "+contentType)
	b.WriteString(body)
	return b.Bytes()
}

// nested is a multipart in a multipart, and so on, two hundred deep.
func nested(m *maker) []byte {
	var b bytes.Buffer
	m.head(&b, "nested", "Content-Type: multipart/mixed; boundary=b0")
	for i := range 200 {
		fmt.Fprintf(&b, "--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n", i, i+1)
	}
	b.WriteString("--b200\r\nContent-Type: text/plain\r\n\r\nDeep down.\r\n")
	for i := 200; i >= 0; i-- {
		fmt.Fprintf(&b, "--b%d--\r\n", i)
	}
	return b.Bytes()
}

// oddHeaders are oddities of the header.
func oddHeaders() []kind {
	return []kind{
		{"8-bit header", 0, func(m *maker) []byte {
			return m.raw("From: 山田 <a@example.test>\r\nSubject: 生の見出し %d\r\nMessage-ID: <8bit.%[1]d@corpus.test>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n本文\r\n")
		}},
		{"8-bit header in shift_jis", 0, func(m *maker) []byte {
			return m.raw("From: a@example.test\r\nSubject: \x89\xef\x8b\x63\x82\xcc\x82\xa8\x92\x6d\x82\xe7\x82\xb9 %d\r\nMessage-ID: <sjis.%[1]d@corpus.test>\r\n\r\n\x96\x7b\x95\xb6\r\n")
		}},
		{"encoded word split in a character", 0, func(m *maker) []byte {
			return m.raw("From: \"=?UTF-8?B?5bGx55Sw?=\" <a@example.test>\r\nSubject: =?UTF-8?B?5Lya6K2w44Gu44GK55+l44KJ44Gb44CA56ys5LqM5Zue5Lya?=\r\n =?UTF-8?B?6K2?=\r\n =?UTF-8?B?wIA==?= %d\r\nMessage-ID: <split.%[1]d@corpus.test>\r\n\r\nText\r\n")
		}},
		{"no space between encoded words", 0, func(m *maker) []byte {
			return m.raw("Subject: =?ISO-2022-JP?B?GyRCMnE1RBsoQg==?==?ISO-2022-JP?B?GyRCJE4bKEI=?=x%d\r\nMessage-ID: <ns.%[1]d@corpus.test>\r\n\r\nText\r\n")
		}},
		{"long header line", 0, func(m *maker) []byte {
			return m.raw("From: a@example.test\r\nReferences: " + strings.Repeat("<x@corpus.test> ", 4000) + "\r\nSubject: long %d\r\nMessage-ID: <long.%[1]d@corpus.test>\r\n\r\nText\r\n")
		}},
		{"header of a megabyte", 0, func(m *maker) []byte {
			size := 1 << 20
			if m.options.Small {
				size = 64 << 10
			}
			return m.raw("From: a@example.test\r\nX-Long: " + strings.Repeat("y", size) + "\r\nSubject: megabyte %d\r\nMessage-ID: <mb.%[1]d@corpus.test>\r\n\r\nText\r\n")
		}},
		{"doubled fields", 0, func(m *maker) []byte {
			return m.raw("From: a@example.test\r\nFrom: b@example.test\r\nSubject: one %d\r\nSubject: two\r\nDate: Thu, 19 Nov 2026 03:00:00 +0900\r\nDate: never\r\nMessage-ID: <d1.%[1]d@corpus.test>\r\nMessage-ID: <d2.%[1]d@corpus.test>\r\n\r\nText\r\n")
		}},
		{"no colon", 0, func(m *maker) []byte {
			return m.raw("From: a@example.test\r\nthis line has no colon\r\nSubject: no colon %d\r\nMessage-ID: <nc.%[1]d@corpus.test>\r\n\r\nText\r\n")
		}},
		{"space before the colon", 0, func(m *maker) []byte {
			return m.raw("From : a@example.test\r\nSubject : spaced %d\r\nMessage-ID : <sp.%[1]d@corpus.test>\r\n\r\nText\r\n")
		}},
		{"broken date and addresses", 0, func(m *maker) []byte {
			return m.raw("From: <<a@example.test>\r\nTo: undisclosed recipients:;, \"Anna <b@example.test\r\nDate: Sanday 40 Foo 26\r\nSubject: broken %d\r\nMessage-ID: no brackets %[1]d\r\n\r\nText\r\n")
		}},
		{"date of 1970", 0, func(m *maker) []byte {
			return m.raw("From: a@example.test\r\nDate: " + time.Unix(0, 0).UTC().Format(time.RFC1123Z) + "\r\nSubject: old clock %d\r\nMessage-ID: <old.%[1]d@corpus.test>\r\n\r\nText\r\n")
		}},
		{"whitespace lines in the header", 0, func(m *maker) []byte {
			return m.raw("From: a@example.test\r\nSubject: white\r\n \t\r\n space %d\r\nMessage-ID: <ws.%[1]d@corpus.test>\r\n\r\nText\r\n")
		}},
	}
}
