package presenter

import (
	"strings"
	"testing"
	"unicode"
)

// shownAs is how a block's text is shown.
func shownAs(b MessageBlock) string {
	var out strings.Builder
	last := 0
	for _, w := range b.Wraps {
		out.WriteString(b.Text[last:w.At])
		if w.Blank {
			out.WriteByte(' ')
		}
		last = w.At + 1
	}
	out.WriteString(b.Text[last:])
	return out.String()
}

// unwrapped is a whole text as it is shown, paragraphs apart.
func unwrapped(text string) string {
	blocks := plainBlocks(text)
	wrapBlocks(blocks)
	all := make([]string, len(blocks))
	for i, b := range blocks {
		all[i] = shownAs(b)
	}
	return strings.Join(all, "\n\n")
}

const (
	english = "Thank you for the quick answer. We have looked at the drawings again and\n" +
		"found that the bracket on the left side is two millimetres too short, so\n" +
		"that the cover does not close. Could you send us a corrected version by\n" +
		"Friday?"
	englishShown = "Thank you for the quick answer. We have looked at the drawings again and found that the bracket on the left side is two millimetres too short, " +
		"so that the cover does not close. Could you send us a corrected version by Friday?"
	japanese = "先日ご依頼いただきました部材の見積書をお送りいたします。数量は二百個とし\n" +
		"て計算しておりますが、五百個以上の場合は単価を下げることができますので、\n" +
		"ご検討のうえお知らせください。納期は発注から十営業日を見込んでおります。\n" +
		"どうぞよろしくお願いいたします。"
	broken = "先日ご依頼いただきました部材の見積書をお送りいたします。数量は二百個として\n" +
		"計算しておりますが、五百個以上の場合は単価を下げることができますので、ご検討の\n" +
		"うえお知らせください。"
)

// Lines that a program has broken are shown as paragraphs.
func TestWrappedLinesAreJoined(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"prose":              {english, englishShown},
		"several paragraphs": {english + "\n\n" + english, englishShown + "\n\n" + englishShown},
		"paragraphs without a line between": {
			english + "\n" + english, englishShown + "\n" + englishShown,
		},
		"greeting and name around it": {
			"Dear Ms Sato,\n\n" + english + "\n\nBest regards,\nAnna Berg\nShop Ltd., 5 Quay Street",
			"Dear Ms Sato,\n\n" + englishShown + "\n\nBest regards,\nAnna Berg\nShop Ltd., 5 Quay Street",
		},
		"greeting without a line between": {"Hello Hanako,\n" + english + "\nBest,\nAnna", "Hello Hanako,\n" + englishShown + "\nBest,\nAnna"},
		"two lines, where others show the width": {
			english + "\n\nThe other parts are all right, and we have begun to build them into the\nfirst ten machines.",
			englishShown + "\n\nThe other parts are all right, and we have begun to build them into the first ten machines.",
		},
		"two blanks behind a sentence": {
			"We have looked at it again.  The bracket on the left side is two\nmillimetres too short.  The cover does not close because of that, and\nwe wait for the new one.",
			"We have looked at it again.  The bracket on the left side is two millimetres too short.  The cover does not close because of that, and we wait for the new one.",
		},
		"by hand": {
			"we tried the new release on both of the machines this morning and\nit starts, but the second one takes more than a minute until it is\nthere, which is longer than what you had written. could you please\nlook into it?",
			"we tried the new release on both of the machines this morning and it starts, but the second one takes more than a minute until it is there, which is longer than what you had written. could you please look into it?",
		},
		"an introduction, then a list": {
			"Before the machines can be delivered a few things are still to be settled on\nour side and, as far as we can see from what your colleagues have told us last\nweek, also on yours:\n- the colour\n- the date on which somebody is there who can sign for them and take them in, and\nwho has the key",
			"Before the machines can be delivered a few things are still to be settled on our side and, as far as we can see from what your colleagues have told us last week, also on yours:\n- the colour\n- the date on which somebody is there who can sign for them and take them in, and\nwho has the key",
		},
		"German": {
			"vielen Dank für Ihre schnelle Antwort. Wir haben die Zeichnungen noch einmal\nangesehen und dabei festgestellt, dass der Winkel an der linken Seite um zwei\nMillimeter zu kurz ist.",
			"vielen Dank für Ihre schnelle Antwort. Wir haben die Zeichnungen noch einmal angesehen und dabei festgestellt, dass der Winkel an der linken Seite um zwei Millimeter zu kurz ist.",
		},
		"broken at a hyphen": {
			"The cover is made of a new material which is said to be both light and well-\nknown for its strength, although nobody in our workshop has worked with it so\nfar.",
			"The cover is made of a new material which is said to be both light and well-known for its strength, although nobody in our workshop has worked with it so far.",
		},
		"Japanese":                            {japanese, strings.ReplaceAll(japanese, "\n", "")},
		"Japanese with an indented beginning": {"　" + broken, "　" + strings.ReplaceAll(broken, "\n", "")},
		"Japanese and Latin": {
			"ご利用のメールサービスについてお知らせします。来週の月曜日から Microsoft\n365 への切り替えを始めますので、Outlook の設定を変更していただく必要があり\nます。詳しくは添付の手順書をご覧ください。",
			"ご利用のメールサービスについてお知らせします。来週の月曜日から Microsoft 365 への切り替えを始めますので、Outlook の設定を変更していただく必要があります。詳しくは添付の手順書をご覧ください。",
		},
		"quoted": {"> " + strings.ReplaceAll(english, "\n", "\n> "), "> " + strings.ReplaceAll(english, "\n", "\n> ")},
	} {
		if got := unwrapped(c.text); got != c.want {
			t.Errorf("%s:\n%s\nnot\n%s", name, got, c.want)
		}
	}
}

// What stands on a line of its own stays there, however long the lines are.
func TestOtherLinesStay(t *testing.T) {
	for name, text := range map[string]string{
		"short lines":               "Yes, that is all right.\nSee you on Friday.\nAnna",
		"one sentence each":         "The server in the main office was restarted at ten and works again.\nThe server in the second office was restarted at eleven, and works.\nThe printer on the third floor has not been restarted, and is quiet.",
		"a list":                    "- the first of the things that have to be done before the end of the week\n- the second of them, which is somewhat longer and so goes on into the next\nline without being moved in\n- the third",
		"a numbered list":           "1. take the cover off, which is held by four screws at its corners and one\n2. take out the old battery, and see that no acid has run out of it and in\n3. put in the new one",
		"letters":                   "(a) the cover is taken off first, as it is held by four screws and no glue\n(b) the battery is taken out, and brought to where old ones are collected\n(c) the new one is put in",
		"bullets":                   "・　見積書の確認と承認をお願いいたします。期限は今週の金曜日までとなります\n・　発注書の送付をお願いいたします。送付先は下記のとおりですのでご確認くだ\n・　納品",
		"a table":                   "part       quantity   price of one   what it is for and who has ordered it\nA-204      200        1,250 yen      covers of the new machines in Nagoya\nB-17       10         300 yen        spare parts",
		"a table with bars":         "| part  | quantity | price of one | what it is for and who has ordered |\n| A-204 | 200      | 1,250        | covers for the new machines there |\n| B-17  | 10 | 300 | spare |",
		"dotted":                    "covers of the new machines in Nagoya ............................ 250,000\nspare parts that were ordered in October ........................... 3,000\nsum .... 253,000",
		"code":                      "for name, part := range parts that are in the list of what was ordered {\nif part.Quantity is more than what there is in the store of the shop {\nreturn\n}",
		"commands":                  "docker run --rm of the image that was built for the test of the last week\ndocker run --rm of the image that was built for the test of the last month\ndocker ps",
		"indented":                  "    we have looked at the drawings again and found that the bracket is\n    two millimetres too short, so that the cover does not close and the\n    rest",
		"a log":                     "2026-11-22 10:00:01 mail postfix/smtpd[1234]: connect from mail.shop.example\n2026-11-22 10:00:02 mail postfix/smtpd[1234]: disconnect from mail.shop.example\n2026-11-22 10:00:03 mail",
		"a header":                  "From: Hanako Sato of Aoba Trading, Nagoya <hanako.sato@aoba.example>, by hand\nto: everybody in sales, and those who have to do with the orders of this year\nSubject: covers",
		"base64":                    "TWFpbCBmbG93cyB0aHJvdWdoIE1pY3Jvc29mdCAzNjUuIEFuZCB0aGVuIGl0IGRvZXMgbm90\nYWdhaW4gYW5kIGFnYWluIGFuZCBhZ2FpbiBhbmQgYWdhaW4gYW5kIGFnYWluIGFuZCBhZ2Fp\nbiE=",
		"links":                     "https://shop.example/a/very/long/address/of/a/page/that/nobody/would/type/in\nhttps://shop.example/a/very/long/address/of/another/page/that/nobody/would/ty\nthat is all",
		"drawn lines":               "----------------------------------------------------------------------\n======================================================================\nend",
		"an address":                "Aoba Trading Co., Ltd., Department of Sales, c/o Hanako Sato, 3rd floor\n1-2-3 Sakae, Naka-ku, Nagoya, Aichi 460-0008, Japan\nTel. 052-000-0000",
		"a poem":                    "the lake lies still\nand over it a bird\nthat nobody has heard",
		"a sentence and a name":     "We thank you for the order, and look forward to seeing you in our new shop.\nAnna Berg",
		"Japanese at its phrases":   "いつもお世話になっております。\n北斗製作所の高橋でございます。\n先日ご依頼いただきました部材の見積書を、\n添付にてお送りいたします。",
		"Japanese, a sentence each": "来週の月曜日は全社会議のため、午前中の出荷業務をすべてお休みいたします。\n火曜日からは通常どおり出荷いたしますので、ご注文はそのままお送りください。\nご不明な点がございましたら、営業部の佐藤まで、いつでもお問い合わせください。",
		"Japanese form":             "会議名：来年度の販売計画と新しい商品の企画についての部内の打ち合わせ会議の件\n日時：十一月二十四日の月曜日、午後二時から四時まで、ただし早く終わることもある\n場所：会議室",
		"one long line":             strings.Repeat("word ", 40),
		"two lines alone":           "The other parts are all right, and we have begun to build them into the\nfirst ten machines.",
	} {
		if got := unwrapped(text); got != strings.Join(splitParagraphs(text), "\n\n") {
			t.Errorf("%s was joined:\n%s", name, got)
		}
	}
}

// splitParagraphs is a text cut at empty lines, as blocks are.
func splitParagraphs(text string) (all []string) {
	for _, b := range plainBlocks(text) {
		all = append(all, b.Text)
	}
	return all
}

// A signature is nobody's paragraph, even where its lines look like one.
func TestSignaturesStay(t *testing.T) {
	blocks := []MessageBlock{{Text: english}, {Text: "-- \n" + english, Quiet: true}, {Text: english, Quiet: true, Fold: "4 quoted lines"}}
	wrapBlocks(blocks)
	if len(blocks[0].Wraps) == 0 || len(blocks[1].Wraps) != 0 || len(blocks[2].Wraps) == 0 {
		t.Errorf("line feeds that only wrap: %v", blocks)
	}
}

// Whatever the text: only single line feeds are shown as something else, each once and in
// their order, and nothing but them and blanks is different.
func FuzzWrapped(f *testing.F) {
	for _, seed := range []string{english, japanese, english + "\n\n" + japanese, "> " + english, "\xff\n\xfe", "\n\n \n", "a\tb\r\n", strings.Repeat("語", 40) + "\n" + strings.Repeat("a ", 40)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		blocks := plainBlocks(text)
		wrapBlocks(blocks)
		for _, b := range blocks {
			last := -1
			for _, w := range b.Wraps {
				if w.At <= last || w.At >= len(b.Text)-1 || b.Text[w.At] != '\n' {
					t.Fatalf("%q: at %d, after %d", b.Text, w.At, last)
				}
				if b.Text[w.At+1] == '\n' || w.At > 0 && b.Text[w.At-1] == '\n' {
					t.Fatalf("%q: at %d an empty line is lost", b.Text, w.At)
				}
				last = w.At
			}
			if squeezed(shownAs(b)) != squeezed(b.Text) {
				t.Fatalf("%q is shown as %q", b.Text, shownAs(b))
			}
		}
	})
}

func squeezed(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, text)
}

// BenchmarkWrapped is a megabyte of text.
func BenchmarkWrapped(b *testing.B) {
	text := strings.Repeat(english+"\n\n"+japanese+"\n\n", 1<<20/(len(english)+len(japanese)))
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		wrapBlocks(plainBlocks(text))
	}
}
