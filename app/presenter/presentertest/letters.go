package presentertest

import (
	"strconv"
	"strings"
	"time"

	"lifeboat/app/engine"
	"lifeboat/mailstore"
)

// The rows of messages that show what some messages have.
const (
	Invited = 3
	Risky   = 4
	Bounced = 6
)

// meeting is an invitation.
func meeting(japanese bool) mailstore.Invitation {
	i := mailstore.Invitation{
		Kind: mailstore.InvitationRequest, What: "Weekly meeting", Where: "Meeting room B", Begin: Noon.Add(74 * time.Hour), End: Noon.Add(75 * time.Hour),
		Floating: true, Organizer: "Misaki Sato <misaki.sato@aoba.example>", Attendees: []mailstore.Attendee{{Who: "Daisuke Sato <" + Own + ">"}, {Who: "Hiroshi Tanaka <tanaka@aoba.example>"}},
	}
	if japanese {
		i.What, i.Where, i.Organizer = "定例会議", "会議室B", "佐藤 美咲 <misaki.sato@aoba.example>"
		i.Attendees = []mailstore.Attendee{{Who: "佐藤 大輔 <" + Own + ">"}, {Who: "田中 浩 <tanaka@aoba.example>"}}
	}
	return i
}

// bounce is what a delivery report says.
func bounce() mailstore.Delivery {
	return mailstore.Delivery{
		To: "old@hokuto-ss.example", Fate: mailstore.DeliveryFailed, Status: "5.1.1",
		Say: mailstore.Say("The message to {recipient} could not be delivered.", "recipient", "old@hokuto-ss.example"),
		Why: []mailstore.Sentence{mailstore.Say("{status}: the mailbox does not exist. Check the part of the address before the @.", "status", "5.1.1")},
	}
}

// letters are the messages of the pictures, the newest first.
func letters(japanese bool) []engine.ShownMail {
	type row struct {
		from, subject, preview string
		ago                    time.Duration
		unread                 bool
		files                  int
	}
	rows := []row{
		{"Kenichi Takahashi (Hokuto) <takahashi@hokuto-ss.example>", "Re: Quotation for part A-204", "Thank you for your continued business. This is Takahashi of Hokuto.", 42 * time.Minute, false, 2},
		{"Yamamoto, Accounts <keiri@aoba.example>", "[Please confirm] Approval of October invoices", "To all in sales: the deadline for approval is the 22nd.", 65 * time.Minute, true, 0},
		{"Minato Transport <dispatch@minato.example>", "Change of today’s pick-up time", "Thank you for your business. Today’s pick-up at 15:00 is moved.", 89 * time.Minute, true, 0},
		{"Misaki Sato <misaki.sato@aoba.example>", "Agenda of next week’s meeting", "Everybody: in meeting room B from 14:00. Please add to the agenda.", 133 * time.Minute, false, 0},
		{"Hinode Printing <info@hinode.example>", "Please check the proof of your cards", "Thank you. We send the second proof for your approval.", 168 * time.Minute, false, 1},
		{"Hiroshi Tanaka <tanaka@aoba.example>", "Report on the trip to Osaka", "On the trip to Osaka on 15 November.", 26 * time.Hour, false, 0},
		{"Chamber of Commerce <info@aoba-cci.example>", "Briefing on the year-end adjustment", "Dear members, we will hold a briefing as follows.", 28 * time.Hour, false, 0},
		{"Naoki Kobayashi (Office) <kobayashi@aoba.example>", "New Year holidays", "Everybody: we are closed from 28 December to 5 January.", 74 * time.Hour, false, 0},
		{"Ayumi Suzuki (Marumizu) <suzuki@marumizu.example>", "Re: Delivery dates", "Thank you for your reply. It will arrive on 3 December.", 75 * time.Hour, false, 0},
	}
	if japanese {
		words := [][3]string{
			{"高橋 健一（北斗製作所） <takahashi@hokuto-ss.example>", "Re: 部材 A-204 見積書のご送付", "いつもお世話になっております。北斗製作所の高橋です。ご依頼いただきました"},
			{"経理部 山本 <keiri@aoba.example>", "【要確認】10月分 請求書の承認について", "営業部各位 お疲れさまです。承認期限は22日です。未承認のものをご確認ください"},
			{"みなと運輸 配車センター <dispatch@minato.example>", "本日の集荷時間変更のお知らせ", "平素よりお世話になっております。本日15時の集荷を16時に変更いたします"},
			{"佐藤 美咲 <misaki.sato@aoba.example>", "来週の定例会議の議題", "各位 会議室Bで14時から行います。議題の追加があればお知らせください"},
			{"ひので印刷株式会社 <info@hinode.example>", "名刺の校正データをご確認ください", "お世話になっております。校正2回目のデータをお送りいたします"},
			{"田中 浩 <tanaka@aoba.example>", "出張報告（大阪）", "お疲れさまです。11月15日の大阪出張についてご報告します"},
			{"青葉商工会議所 <info@aoba-cci.example>", "年末調整説明会のご案内", "会員各位 下記のとおり説明会を開催いたします。ふるってご参加ください"},
			{"小林 直樹（総務部） <kobayashi@aoba.example>", "年末年始休業のお知らせ", "各位 12月28日から1月5日まで休業いたします。ご承知おきください"},
			{"鈴木 あゆみ（丸水フーズ） <suzuki@marumizu.example>", "Re: 納期のご相談", "ご返信ありがとうございます。12月3日着で手配いたしました"},
		}
		for i, w := range words {
			rows[i].from, rows[i].subject, rows[i].preview = w[0], w[1], w[2]
		}
	}
	var out []engine.ShownMail
	for i, r := range rows {
		l := engine.ShownMail{MailLine: engine.MailLine{
			ID: "m" + strconv.Itoa(i), Account: Own, Received: Noon.Add(-r.ago), Date: Noon.Add(-r.ago), From: []string{r.from}, To: []string{"Sato <" + Own + ">"},
			Subject: r.subject, Preview: r.preview, Attachments: r.files, Folders: []string{inbox}, Unread: r.unread, Described: true, Size: 4000,
		}, SHA256: strconv.Itoa(i), Text: r.preview}
		l.Headers = []mailstore.HeaderField{{Name: "From", Value: r.from}, {Name: "Subject", Value: r.subject}}
		out = append(out, l)
	}
	out[Invited].Invitations = []mailstore.Invitation{meeting(japanese)}
	out[Bounced].Deliveries = []mailstore.Delivery{bounce()}
	out[Risky].Attached = []engine.AttachedFile{{Part: "2", Name: "invoice.pdf.exe", Type: "application/octet-stream", Size: 90_000}}
	fillFirst(&out[0], japanese)
	return out
}

// fillFirst gives the first message its text, a quotation and attachments.
func fillFirst(first *engine.ShownMail, japanese bool) {
	first.To, first.Cc = []string{"Daisuke Sato <" + Own + ">"}, []string{"Sales <sales@aoba.example>"}
	texts := []string{
		"Aoba Trading, Sales\nDear Mr Sato,", "Thank you for your continued business. This is Takahashi of Hokuto.\nPlease find attached the quotation for part A-204 that you asked for. The unit price is as before, and delivery takes ten working days from your order.",
		"Should anything be unclear, please let us know at any time. The drawing is at https://files.hokuto-ss.example/a-204.\nKind regards",
	}
	quoted, who, when := "Could you send us a quotation\nfor 200 pieces?", "Sato", "15 Nov"
	files := []string{"Quotation_A-204_20191118.pdf", "Specification_A-204.xlsx"}
	if japanese {
		first.To, first.Cc = []string{"佐藤 大輔 <" + Own + ">"}, []string{"営業部 <sales@aoba.example>"}
		texts = []string{
			"青葉商事株式会社 営業部\n佐藤様", "いつもお世話になっております。北斗製作所の高橋です。\nご依頼いただきました部材 A-204 の見積書をお送りいたします。単価は前回から据え置き、納期はご注文から10営業日を予定しております。",
			"ご不明な点がございましたら、お気軽にお知らせください。図面は https://files.hokuto-ss.example/a-204 にあります。\n何卒よろしくお願いいたします。",
		}
		quoted, who, when = "部材 A-204 を200個、\nお見積りいただけますか。", "佐藤 大輔", "11月15日"
		files = []string{"見積書_A-204_20191118.pdf", "仕様書_A-204.xlsx"}
	}
	for _, t := range texts {
		first.Paragraphs = append(first.Paragraphs, mailstore.Paragraph{Kind: mailstore.PlainParagraph, Text: t})
	}
	first.Paragraphs = append(first.Paragraphs, mailstore.Paragraph{
		Kind: mailstore.QuoteParagraph, Text: quoted, Depth: 1, Quote: &mailstore.Quotation{Who: who, When: when, Lines: 14, Fold: true},
	})
	first.Text = strings.Join(texts, "\n\n")
	first.Attached = []engine.AttachedFile{
		{Part: "2", Name: files[0], Type: "application/pdf", Size: 214_000}, {Part: "3", Name: files[1], Type: "application/xlsx", Size: 86_000},
	}
}
