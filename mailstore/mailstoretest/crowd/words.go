package crowd

import (
	"math"
	"math/rand/v2"
	"sort"
	"strings"
)

// A vocabulary is words, the commonest first, with how often they come.
type vocabulary struct {
	words []string
	until []float64 // the sum of the shares up to the word
}

// newVocabulary gives word n a share of 1/(n+2.7), as Mandelbrot refined Zipf's law.
func newVocabulary(words []string) vocabulary {
	v := vocabulary{words: words, until: make([]float64, len(words))}
	sum := 0.0
	for i := range words {
		sum += 1 / math.Pow(float64(i)+2.7, 1.05)
		v.until[i] = sum
	}
	return v
}

func (v vocabulary) pick(r *rand.Rand) string {
	return v.words[sort.SearchFloat64s(v.until, r.Float64()*v.until[len(v.until)-1])]
}

// The commonest words of real mail, so that measurements can name them.
var (
	commonLatin    = strings.Fields("the to and of you a in for is we on this be with our your that it as please are will by at have or from not an meeting report invoice can if thank was order project new mail all has time order contract any need team know today office schedule")
	commonJapanese = strings.Fields("会議 よろしく 致し いたします ありがとう ござい 資料 確認 株式会社 案件 送付 予定 見積 連絡 担当 請求書 契約 本日 時間 商品 注文 打ち合わせ ご 件 日 月 年 部 社 田中 鈴木 こと もの メール システム データ サーバー プロジェクト スケジュール")
	particles      = strings.Fields("の に を は が で と も から まで です ます した して ました については により への では には な します されます いたします ください ません ので ため という として など だけ でも かと より ながら ましたら でしょうか")
	surnames       = strings.Fields("佐藤 鈴木 高橋 田中 伊藤 渡辺 山本 中村 小林 加藤 吉田 山田 佐々木 山口 松本 井上 木村 林 斎藤 清水 Smith Müller García Kowalski Иванов Nguyễn")
	givenNames     = strings.Fields("太郎 花子 健一 美咲 翔太 陽子 大輔 直樹 恵 誠 Anna José Zoë Łukasz Ольга Minh")
	domains        = strings.Fields("example.com example.net example.org mail.example.com shop.example.net kaisha.example.jp univ.example.jp city.example.jp")
	onsets         = strings.Fields("b c d f g h j k l m n p qu r s t v w x y z br cl dr fl gr pl pr sc sh st tr th ch")
	nuclei         = strings.Fields("a e i o u a e i o ai ea io ou é")
	codas          = []string{"", "", "", "n", "r", "s", "t", "l", "nd", "ng", "rt", "st", "tion"}
)

// latinWords makes words of syllables, shorter ones first, after the real ones.
func latinWords(r *rand.Rand, n int) []string {
	return distinct(commonLatin, n, func(rank int) string {
		var b strings.Builder
		for range 1 + r.IntN(2) + min(2, rank/4000) {
			b.WriteString(onsets[r.IntN(len(onsets))])
			b.WriteString(nuclei[r.IntN(len(nuclei))])
			b.WriteString(codas[r.IntN(len(codas))])
		}
		return b.String()
	})
}

// japaneseWords makes words of two to four kanji, of which some are much commoner than
// others, and of katakana, after the real ones.
func japaneseWords(r *rand.Rand, n int) []string {
	kanji := make([]rune, 2500)
	for i, at := range r.Perm(6000)[:len(kanji)] {
		kanji[i] = rune(0x4E00 + at*3) //nolint:gosec // a character
	}
	katakana := []rune("アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワンガギグゲゴザジズゼゾダデドバビブベボパピプペポーッ")
	return distinct(commonJapanese, n, func(rank int) string {
		out := make([]rune, 0, 5)
		if r.IntN(5) == 0 {
			for range 3 + r.IntN(4) {
				out = append(out, katakana[r.IntN(len(katakana))])
			}
			return string(out)
		}
		for range 2 + r.IntN(1+min(3, 1+rank/20_000)) {
			out = append(out, kanji[int(math.Pow(r.Float64(), 4)*float64(len(kanji)))])
		}
		return string(out)
	})
}

// distinct adds made-up words to the first ones, each once, until there are n.
func distinct(first []string, n int, more func(rank int) string) []string {
	var out []string
	seen := map[string]bool{}
	add := func(w string) {
		if !seen[w] {
			seen[w] = true
			out = append(out, w)
		}
	}
	for _, w := range first {
		add(w)
	}
	for len(out) < n {
		add(more(len(out)))
	}
	return out
}

// romaji is the local part of somebody's address.
func romaji(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case 'a' <= r && r <= 'z':
			b.WriteRune(r)
		case r == ' ':
			b.WriteByte('.')
		default: // two letters for a character, the same ones always
			b.WriteByte("ktnshmyrgzdb"[int(r)%12])
			b.WriteByte("aiueo"[int(r)/12%5])
		}
	}
	return b.String()
}
