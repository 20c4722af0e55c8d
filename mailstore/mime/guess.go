package mime

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// guess decodes text whose charset is not named, or named wrongly: as UTF-8 and
// ISO 2022 where it is that without doubt, else as the one of the East Asian
// charsets that makes the most sense, else as windows-1252. It always decodes.
func guess(raw []byte, label string) string {
	if has2022(raw) {
		return decode2022(raw)
	}
	if utf8.Valid(raw) {
		if looksLikeUTF16(raw) && len(raw)%2 == 0 {
			return decodeUTF16(raw, !littleEndian(raw))
		}
		return string(raw)
	}
	if looksLikeUTF16(raw) {
		return decodeUTF16(raw, !littleEndian(raw))
	}
	good, bad := countUTF8(raw)
	if good > 0 && (bad*4 <= good || label == "utf-8" && bad <= good) { // one that was cut, or put together of pieces
		return strings.ToValidUTF8(string(raw), "\ufffd")
	}
	e := encodingOf(guessTable(raw, label))
	if e == nil {
		e = charmap.Windows1252
	}
	text, _ := decodeWith(e, raw)
	return text
}

// guessTable names the table of characters by which a text makes the most sense. One
// that is hinted at needs less sense than the others.
func guessTable(raw []byte, hint string) string {
	sample := raw[:min(len(raw), 8<<10)]
	best, most := "windows-1252", latinScore(sample)
	for _, c := range []struct {
		name string
		e    encoding.Encoding
	}{
		{"shift_jis", japanese.ShiftJIS}, {"euc-jp", japanese.EUCJP}, {"gb18030", simplifiedchinese.GB18030},
		{"big5", traditionalchinese.Big5}, {"euc-kr", korean.EUCKR},
	} {
		text, bad := decodeWith(c.e, sample)
		score := asianScore(text, bad)
		if c.name == hint || c.name == "shift_jis" && hint == "iso-2022-jp" {
			score += score/2 + 10
		}
		if score > most {
			best, most = c.name, score
		}
	}
	return best
}

// countUTF8 counts characters of several octets in UTF-8, and octets that are none.
func countUTF8(raw []byte) (good, bad int) {
	for i := 0; i < len(raw); {
		if raw[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, size := utf8.DecodeRune(raw[i:])
		if r == utf8.RuneError && size == 1 {
			bad++
		} else {
			good++
		}
		i += size
	}
	return good, bad
}

// latinScore is how much a text looks like a Western one: single letters with accents
// among plain ones.
func latinScore(raw []byte) int {
	score := 1
	for i, b := range raw {
		if b < 0x80 {
			continue
		}
		alone := (i == 0 || raw[i-1] < 0x80) && (i+1 == len(raw) || raw[i+1] < 0x80)
		letter := i > 0 && isLetter(raw[i-1]) || i+1 < len(raw) && isLetter(raw[i+1])
		switch {
		case alone && b >= 0xc0 && letter:
			score += 12
		case alone && (b >= 0xa0 || b == 0x96 || b == 0x97 || b >= 0x91 && b <= 0x94 || b == 0x80):
			score += 4
		default:
			score -= 3
		}
	}
	return score
}

func isLetter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }

// asianScore is how much a decoded text looks like one that somebody wrote: kana,
// hangul and common characters count for it; half-width katakana, rare characters
// and what could not be decoded against it.
func asianScore(text string, bad int) int {
	score := -20 * bad
	last := rune(0)
	for _, r := range text {
		if r >= 0x80 {
			score += characterScore(r)
		}
		if isHalfKana(r) && isHalfKana(last) {
			score += 5 // a word of them is likelier than one alone
		}
		last = r
	}
	return score
}

func isHalfKana(r rune) bool { return r >= 0xff61 && r <= 0xff9f }

func characterScore(r rune) int {
	switch {
	case r >= 0x3041 && r <= 0x3096 || r == 0x30fc: // hiragana
		return 10
	case r >= 0x30a1 && r <= 0x30fa: // katakana
		return 6
	case isHalfKana(r):
		return -4
	case r >= 0xac00 && r <= 0xd7a3: // hangul
		if strings.ContainsRune(commonHangul, r) {
			return 7
		}
		return 1
	case strings.ContainsRune("。、，！？「」（）【】・：；", r), strings.ContainsRune(commonHan, r):
		return 8
	case unicode.Is(unicode.Han, r), r >= 0xff01 && r <= 0xff5e:
		return 3
	case unicode.IsPrint(r):
		return -6
	}
	return -15
}

// commonHan are characters that nearly every Chinese or Japanese message has some of.
const commonHan = "的一是不了在人有我他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可她里后小么心多天而能好都然没日于起还发成事只作当想看文无开手十用主行方又如前所本见经头面公同三已" +
	"這來國個說們為時會過學對裡後麼沒於還發當無開見經頭關請謝您請查收附件通知報價單附录关请谢查收报价单" +
	"日本人大年中会社長東京部長様御願致申上送付件名株式何卒宜敷連絡確認添付資料以下内容予定場所時間会議電話番号住所担当者営業株式会社見積請求書納期注文"

// commonHangul are the syllables that Korean text is mostly made of.
const commonHangul = "이다는에가을의하고지도를은로한기사어서시나자인대아리해수정있그니일안것보부들스만으주라여게장전공원제구과면동조상와우었성오했세습드마없년각모저거되신문러때말중화경연방미내생회요녕변목감견송첨합품월발물건"
