package corpus

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"
	"time"
)

// language is a stock of words, for bodies and subjects.
type language struct {
	names, subjects, sentences []string
}

func inEnglish() language {
	return language{
		[]string{"Anna Keller", "Ben O'Brien", "Carla Jones", "Dmitri Sokolov", "Eve Adams"},
		[]string{"Meeting on Thursday", "Invoice 2026-1142", "Re: delivery of the spare parts", "Minutes of the board", "Fwd: quotation", "Your order has been shipped"},
		[]string{
			"Thank you for your message of yesterday.", "The meeting has been moved to Thursday at ten.", "Please find the quotation attached.",
			"We shall deliver the spare parts by the end of the month.", "Could you send me the minutes before the weekend?", "The invoice has not been paid yet.",
			"Our warehouse is closed on public holidays.", "I look forward to seeing you in Osaka.", "The drawing shows the new pump from two sides.",
		},
	}
}

func inJapanese() language {
	return language{
		[]string{"山田 太郎", "佐藤花子", "鈴木一郎", "高橋 美咲", "株式会社みらい 営業部"},
		[]string{"会議のご案内", "御見積書の件", "Re: 納期についてのご相談", "請求書送付のお知らせ", "【重要】システム停止のお知らせ", "出荷のご連絡"},
		[]string{
			"いつもお世話になっております。", "来週の会議は木曜日の十時からに変更になりました。", "御見積書を添付いたしますので、ご確認ください。",
			"納期は今月末の予定です。", "東京都千代田区の新しい事務所に移転いたしました。", "請求書の支払期限は来月十日です。",
			"ご不明な点がございましたら、お気軽にお問い合わせください。", "倉庫の棚卸しのため、出荷が一日遅れます。", "よろしくお願いいたします。",
		},
	}
}

func inSimplified() language {
	return language{
		[]string{"王伟", "李娜"}, []string{"会议通知", "关于报价单"},
		[]string{"您好，感谢您的来信。", "会议改到星期四上午十点。", "请查收附件中的报价单。", "货物将于月底发出。"},
	}
}

func inTraditional() language {
	return language{
		[]string{"陳大文", "林美玲"}, []string{"會議通知", "關於報價單"},
		[]string{"您好，感謝您的來信。", "會議改到星期四上午十點。", "請查收附件中的報價單。", "貨物將於月底發出。"},
	}
}

func inKorean() language {
	return language{
		[]string{"김민준", "이서연"}, []string{"회의 안내", "견적서 송부"},
		[]string{"안녕하세요.", "회의가 목요일 오전 열 시로 변경되었습니다.", "견적서를 첨부합니다.", "물품은 월말에 발송됩니다."},
	}
}

func inGerman() language {
	return language{
		[]string{"Jürgen Groß", "Käthe Müller"}, []string{"Angebot für Ersatzteile", "Prüfbericht über die Größe"},
		[]string{"Vielen Dank für Ihre Anfrage.", "Die Prüfung ist für Donnerstag geplant.", "Mit freundlichen Grüßen aus Köln.", "Bitte überweisen Sie den Betrag."},
	}
}

func inRussian() language {
	return language{
		[]string{"Иван Петров", "Мария Иванова"}, []string{"Встреча в четверг", "Счёт на оплату"},
		[]string{"Здравствуйте!", "Встреча перенесена на четверг.", "Счёт приложен к письму.", "Груз будет отправлен в конце месяца."},
	}
}

func pick[T any](m *maker, of []T) T { return of[m.IntN(len(of))] }

// body is a text of some paragraphs, its lines ended by CRLF.
func (m *maker) body(l language) string {
	var b strings.Builder
	for range 1 + m.IntN(4) {
		for range 1 + m.IntN(5) {
			b.WriteString(pick(m, l.sentences))
			b.WriteString("\r\n")
		}
		b.WriteString("\r\n")
	}
	fmt.Fprintf(&b, "%s\r\nref %08x\r\n", pick(m, l.names), m.Uint32())
	return b.String()
}

// id is this message's Message-ID.
func (m *maker) id() string {
	return fmt.Sprintf("<%d.%x@corpus.test>", m.number, m.options.Seed)
}

func (m *maker) date() string {
	zones := []*time.Location{time.UTC, time.FixedZone("", 9*3600), time.FixedZone("", -5*3600), time.FixedZone("", 5*3600+1800)}
	return m.at.Add(-time.Duration(m.IntN(90)) * time.Second).In(pick(m, zones)).Format(time.RFC1123Z)
}

// address is a name, encoded, and an address.
func (m *maker) address(l language) string {
	return fmt.Sprintf("%s <%s%d@%s>", encoded(pick(m, l.names)), pick(m, []string{"taro", "info", "sales", "anna", "k.sato"}), m.IntN(40),
		pick(m, []string{"example.test", "partner.test", "mirai.example", "kunde.example"}))
}

// head writes the header of an ordinary message, with the subject as it is given
// and further fields, and the empty line behind it.
func (m *maker) head(b *bytes.Buffer, subject string, fields ...string) {
	l := inEnglish()
	if m.IntN(2) == 0 {
		l = inJapanese()
	}
	fmt.Fprintf(b, "Return-Path: <bounce-%d@partner.test>\r\n", m.IntN(100))
	fmt.Fprintf(b, "Received: from mx%d.partner.test (mx%d.partner.test [192.0.2.%d])\r\n\tby mx.example.test with ESMTPS id %08x;\r\n\t%s\r\n",
		m.IntN(3), m.IntN(3), m.IntN(250), m.Uint32(), m.at.Format(time.RFC1123Z))
	fmt.Fprintf(b, "From: %s\r\nTo: %s\r\n", m.address(l), m.address(l))
	if m.IntN(4) == 0 {
		fmt.Fprintf(b, "Cc: %s,\r\n %s\r\n", m.address(l), m.address(inEnglish()))
	}
	fmt.Fprintf(b, "Subject: %s\r\nDate: %s\r\nMessage-ID: %s\r\nMIME-Version: 1.0\r\n", subject, m.date(), m.id())
	for _, f := range fields {
		b.WriteString(f)
		b.WriteString("\r\n")
	}
	b.WriteString("\r\n")
}

// encoded is a text for a header: in encoded words (RFC 2047) where it has to be.
func encoded(text string) string {
	if strings.IndexFunc(text, func(r rune) bool { return r > 126 }) < 0 {
		return text
	}
	return words("UTF-8", text, []byte(text))
}

// words writes one encoded word; raw is text in the charset.
func words(charset, _ string, raw []byte) string {
	return "=?" + charset + "?B?" + base64.StdEncoding.EncodeToString(raw) + "?="
}

// noise is random octets that are cheap to make: pieces of one block, each begun
// elsewhere, so that no two attachments are alike and none can be compressed.
func (m *maker) noise(n int) []byte {
	block := make([]byte, min(n, 32<<10))
	for i := 0; i+8 <= len(block); i += 8 {
		binary.LittleEndian.PutUint64(block[i:], m.Uint64())
	}
	out := make([]byte, 0, n)
	for len(out) < n {
		out = append(out, block[:min(len(block), n-len(out))]...)
		for i := 0; i+8 <= len(block); i += 8 {
			next := binary.LittleEndian.Uint64(block[i:])*6364136223846793005 + 1442695040888963407
			binary.LittleEndian.PutUint64(block[i:], next)
		}
	}
	return out
}

// base64 writes n random octets in lines of 76 characters.
func (m *maker) base64(b *bytes.Buffer, n int) {
	raw := m.noise(n)
	b.Grow(n/57*78 + 100)
	var line [76]byte
	for len(raw) > 0 {
		piece := raw[:min(57, len(raw))]
		raw = raw[len(piece):]
		base64.StdEncoding.Encode(line[:], piece)
		b.Write(line[:base64.StdEncoding.EncodedLen(len(piece))])
		b.WriteString("\r\n")
	}
}
