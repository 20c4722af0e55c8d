package widgets_test

import (
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"lifeboat/app/look"
	"lifeboat/app/widgets"
)

// words are what the pieces say on the page of components, in one language.
type words map[string]string

var english = words{
	"state": "Mail is flowing through Harbormail.", "title": "The MX resets every connection", "lead": "As on 19 November 2019 (EX196121). Built-in lab only: nothing real is touched.",
	"switch": "Switch", "wait": "Wait", "off": "Off", "copy": "Copy", "big": "Switch mail",
	"healthy": "Healthy", "ready": "Ready", "degraded": "Degraded", "down": "Down", "unknown": "Unknown", "working": "Working", "waiting": "Waiting", "practice": "Practice",
	"takes": "Takes mail from outside", "accepted": "accepted at RCPT, 12 s ago", "status": "Provider’s status page", "none": "no incident, 1 min ago",
	"step1": "Take the lock against other changes", "step2": "Replace the MX", "step3": "See it at every server address", "of": "5 of 6", "step4": "Old answers expire", "about": "about 11:30",
	"note":    "Two of the old addresses still answer as before. Every sender that asked in the last five minutes goes on to the old server until then.",
	"inject1": "Primary starts to reset connections", "inject2": "Phone: “Is it safe to write to you?”", "inject3": "Primary is sound: go home",
	"sent": "Sent", "delivered": "Delivered", "onway": "On the way", "lost": "Lost", "doubled": "Doubled",
	"detect": "Detect", "decide": "Decide", "verify": "Switch and verify", "ttl": "Old TTL runs out", "old": "Old TTL, 3:12", "this": "This drill", "goal": "Goal", "last": "Last drill",
	"banner": "Mirror is 40 minutes old", "refused": "Sign-in was refused at 10:52.", "again": "Try again",
	"who": "Who sends where", "customers": "Customers", "suppliers": "Suppliers", "partners": "Partners", "nobody": "none waiting", "four": "4 waiting, next try 0:20", "eleven": "11 waiting, old MX 1:48",
	"points": "MX points to the secondary", "primary": "Primary", "secondary": "Secondary", "staff": "Staff", "resets": "resets every connection", "took": "took 137 messages", "read": "read 37, wrote 6",
	"twelve": "12 on the way", "legend1": "on the way", "legend2": "waiting", "legend3": "live route", "legend4": "not in use", "mark": "10:42 resets begin",
}

var japanese = words{
	"state": "Harbormail でメールは流れています。", "title": "MX がすべての接続をリセット", "lead": "2019年11月19日（EX196121）のとおりです。内蔵の練習環境だけで行い、本物には触れません。",
	"switch": "切り替える", "wait": "まだ待つ", "off": "使えません", "copy": "コピー", "big": "切り替える",
	"healthy": "正常", "ready": "準備完了", "degraded": "注意", "down": "停止", "unknown": "不明", "working": "実行中", "waiting": "待ち", "practice": "練習",
	"takes": "メールの受け口（MX）", "accepted": "RCPT で受け付けた、12秒前", "status": "提供元の障害情報", "none": "掲載なし、1分前",
	"step1": "ほかの変更を止める", "step2": "MX を置き換える", "step3": "すべてのサーバーで確かめる", "of": "6件中5件", "step4": "古い答えが消える", "about": "11:30ごろ",
	"note":    "古いアドレスのうち2つは、まだ以前と同じように答えています。この5分間に問い合わせた送信元は、それまで古いサーバーへ送り続けます。",
	"inject1": "普段のプロバイダーが接続を切り始める", "inject2": "電話「メールを送っても大丈夫ですか」", "inject3": "普段のプロバイダーが回復",
	"sent": "送信", "delivered": "配達済み", "onway": "途中", "lost": "紛失", "doubled": "重複",
	"detect": "検知", "decide": "判断", "verify": "切り替えと確認", "ttl": "古い TTL が切れる", "old": "古い TTL 3:12", "this": "今回", "goal": "目標", "last": "前回",
	"banner": "ミラーは40分前のものです", "refused": "10:52 にサインインが断られました。", "again": "やり直す",
	"who": "だれがどこへ送るか", "customers": "顧客", "suppliers": "仕入先", "partners": "取引先", "nobody": "待ちなし", "four": "4通待ち、次は 0:20", "eleven": "11通待ち、古い MX 1:48",
	"points": "MX は予備を指す", "primary": "普段", "secondary": "予備", "staff": "社員", "resets": "すべての接続をリセット", "took": "137通を受け取った", "read": "閲覧37、送信6",
	"twelve": "12通が途中", "legend1": "途中", "legend2": "待ち", "legend3": "使用中", "legend4": "未使用", "mark": "10:42 リセット開始",
}

// everywhere runs a test in both themes and both languages.
func everywhere(t *testing.T, do func(t *testing.T, w words)) {
	for name, b := range map[string]look.Brightness{"light": look.Light, "dark": look.Dark} {
		for language, w := range map[string]words{"en": english, "ja": japanese} {
			t.Run(name+"-"+language, func(t *testing.T) {
				test.NewTempApp(t).Settings().SetTheme(look.NewThemeIn(b))
				do(t, w)
			})
		}
	}
}

// shown puts an object into a window of that size, and with LIFEBOAT_PICTURES=DIR
// keeps a picture of it there.
func shown(t *testing.T, o fyne.CanvasObject, width, height float32) fyne.Window {
	t.Helper()
	w := test.NewTempWindow(t, o)
	w.SetPadded(false)
	w.Resize(fyne.NewSize(width, height))
	if dir := os.Getenv("LIFEBOAT_PICTURES"); dir != "" {
		keep(t, filepath.Join(dir, strings.ReplaceAll(t.Name(), "/", "-")+".png"), w.Canvas().Capture())
	}
	return w
}

func keep(t *testing.T, file string, picture image.Image) {
	t.Helper()
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if err := png.Encode(f, picture); err != nil {
		t.Fatal(err)
	}
}

func margin(o ...fyne.CanvasObject) fyne.CanvasObject {
	page := container.New(widgets.Rows(16), o...)
	return container.NewBorder(widgets.Space(24), widgets.Space(24), widgets.Room(24, 1), widgets.Room(24, 1), page)
}

func beside(o ...fyne.CanvasObject) fyne.CanvasObject {
	return container.New(widgets.LineUp(14, -1), o...)
}

func lights(w words) fyne.CanvasObject {
	all := beside()
	box, _ := all.(*fyne.Container)
	for shape, name := range []string{"", "healthy", "ready", "degraded", "down", "unknown", "working", "waiting"} {
		if name != "" {
			box.Add(beside(widgets.NewLight(widgets.LightInRow, widgets.Shape(shape)), widgets.NewWords(look.Body, w[name])))
		}
	}
	return all
}

func someEvidence(w words) []widgets.EvidenceRow {
	return []widgets.EvidenceRow{
		{Shape: widgets.Octagon, Label: w["takes"], Value: w["accepted"]},
		{Shape: widgets.Question, Label: w["status"], Value: w["none"]},
	}
}

func someSteps(w words) []widgets.Step {
	return []widgets.Step{
		{Shape: widgets.Disc, Title: w["step1"], Time: "11:25:02"},
		{Shape: widgets.Disc, Title: w["step2"], Time: "11:25:02"},
		{Shape: widgets.Working, Title: w["step3"], Time: w["of"], Rows: []widgets.EvidenceRow{
			{Shape: widgets.Disc, Label: "ns1 192.0.2.53", Value: "0.1 s", Mono: true},
			{Shape: widgets.Working, Label: "ns3 2001:db8:3::53", Value: "0.4 s", Mono: true},
		}},
		{Shape: widgets.Waiting, Title: w["step4"], Note: w["note"], Time: w["about"]},
	}
}

func someMap(w words) widgets.MapData {
	return widgets.MapData{
		Senders: []widgets.MapSender{
			{Key: "customers", Name: w["customers"], Note: w["nobody"], Live: true},
			{Key: "suppliers", Name: w["suppliers"], Note: w["four"], Waiting: 4, Live: true},
			{Key: "partners", Name: w["partners"], Note: w["eleven"], Waiting: 11},
		},
		Signpost: widgets.MapNode{Name: "DNS", Note: w["points"], Shape: widgets.Disc}, PointsTo: widgets.AtSecondary,
		Primary: widgets.MapNode{Name: w["primary"], Note: w["resets"], Shape: widgets.Octagon},
		Second:  widgets.MapNode{Name: w["secondary"], Note: w["took"], Shape: widgets.Disc},
		Staff:   widgets.MapNode{Name: w["staff"], Note: w["read"]}, ReadsAt: widgets.AtSecondary,
		OnTheWay: w["twelve"], Legend: [4]string{w["legend1"], w["legend2"], w["legend3"], w["legend4"]},
	}
}

func someChart(w words) widgets.ChartData {
	d := widgets.ChartData{
		From: 0, To: 53, Mark: &widgets.Tick{At: 12, Label: w["mark"]},
		YTicks: []widgets.Tick{{At: 0, Label: "0"}, {At: 40, Label: "40"}, {At: 80, Label: "80"}},
		XTicks: []widgets.Tick{{At: 0, Label: "10:30"}, {At: 30, Label: "11:00"}, {At: 53, Label: "11:23"}},
	}
	for i := range 54 {
		d.Points = append(d.Points, widgets.Point{X: float64(i), Y: max(0, float64(i-12)*2+float64(i%3))})
		shape := widgets.Octagon
		switch {
		case i < 12:
			shape = widgets.Disc
		case i == 12:
			shape = widgets.Question
		}
		d.Probes = append(d.Probes, widgets.Probe{At: float64(i), Shape: shape})
	}
	return d
}

// The page of components: every piece, to be looked at beside the drawn one.
func TestComponents(t *testing.T) {
	everywhere(t, func(t *testing.T, w words) {
		off := widgets.NewButton(widgets.Outlined, w["off"], nil)
		off.Disable()
		hover := widgets.NewButton(widgets.Filled, w["switch"], nil)
		hover.MouseIn(nil)
		focus := widgets.NewButton(widgets.Filled, w["switch"], nil)
		focus.FocusGained()
		focused := widgets.NewButton(widgets.Outlined, w["wait"], nil)
		focused.FocusGained()
		evidence := widgets.NewEvidence(36, 0)
		evidence.Set(someEvidence(w))
		columns := widgets.NewEvidence(48, 190)
		columns.Set(someEvidence(w))
		ladder := widgets.NewLadder()
		ladder.Set(someSteps(w))
		injects := widgets.NewInjects()
		injects.Set([]widgets.Inject{{widgets.Disc, "2:00", w["inject1"], false}, {widgets.Working, "8:30", w["inject2"], true}, {widgets.Waiting, "15:00", w["inject3"], false}})
		banner := widgets.NewBanner(nil)
		banner.Set(widgets.BannerData{Shape: widgets.Triangle, Title: w["banner"], Text: w["refused"], Action: w["again"]})
		spark := func(k widgets.SparkKind, v ...float64) fyne.CanvasObject {
			s := widgets.NewSpark(k, 36)
			s.Set(v)
			return s
		}
		clock := widgets.NewWords(look.Clock, "8:42")
		shown(t, margin(
			beside(clock, widgets.NewWords(look.State, w["state"])), widgets.NewWords(look.Title, w["title"]), widgets.NewParagraph(look.Lead, w["lead"]),
			beside(widgets.NewButton(widgets.Filled, w["switch"], nil), hover, focus, widgets.NewButton(widgets.Outlined, w["wait"], nil), focused, off, widgets.NewButton(widgets.Plain, w["copy"], nil).WithIcon(look.IconCopy)),
			widgets.NewButton(widgets.Filled, w["big"], nil).WithIcon(look.IconSwitch).Sized(widgets.ButtonBig),
			lights(w),
			beside(widgets.NewPill(widgets.Status(widgets.Disc, w["healthy"])), widgets.NewPill(widgets.Status(widgets.Octagon, w["down"])), widgets.NewPill(widgets.Status(widgets.Triangle, w["degraded"])),
				widgets.NewPill(widgets.Status(widgets.Question, w["unknown"])), widgets.NewPill(widgets.PillData{Icon: look.IconFlag, Text: w["practice"], Tone: widgets.ToneAccent}), widgets.NewPill(widgets.Count("86"))),
			banner, container.New(widgets.Columns(16, 3, 2), widgets.NewCard(container.New(widgets.Rows(0), evidence, columns)), widgets.NewCard(ladder)),
			container.New(widgets.Columns(16), widgets.NewCard(injects), widgets.NewCard(container.New(widgets.Rows(8), spark(widgets.SparkLine, 672, 610, 590, 560, 400), spark(widgets.SparkArea, 0, 0, 1, 5, 8, 12, 9, 4, 1), spark(widgets.SparkBars, 2, 1, 2, 5, 2, 1, 2, 2)))),
		), 1000, 1180)
	})
}

// The pieces of a drill, as they stand on its page.
func TestDrillPieces(t *testing.T) {
	everywhere(t, func(t *testing.T, w words) {
		m := widgets.NewRouteMap(w["who"])
		m.Set(someMap(w))
		chart := widgets.NewTimeChart(216)
		chart.Set(someChart(w))
		ledger := widgets.NewLedger()
		ledger.Set(widgets.LedgerData{
			Total:  widgets.Figure{Label: w["sent"], Value: "214"},
			Parts:  []widgets.Figure{{Label: w["delivered"], Value: "187"}, {Label: w["onway"], Value: "12"}, {Label: w["waiting"], Value: "15"}},
			Checks: []widgets.Figure{{w["lost"], "0", widgets.Disc}, {w["doubled"], "0", widgets.Disc}},
		})
		bar := widgets.NewTimeBar()
		bar.Set([]widgets.Span{{w["detect"], 125, widgets.SpanDone}, {w["decide"], 84, widgets.SpanDone}, {"", 0.6, widgets.SpanMark}, {w["old"], 192, widgets.SpanRunning}, {"", 108, widgets.SpanAhead}})
		table := widgets.NewMeasureTable(w["this"], w["goal"], w["last"])
		table.Set([]widgets.Measure{{w["detect"], widgets.Disc, "2 min 05 s", "3 min", "2 min 41 s"}, {w["verify"], widgets.Disc, "0.6 s", "1 s", "0.7 s"}, {w["ttl"], widgets.Working, "3:12 of 5:00", "5 min", "5 min"}})
		shown(t, margin(
			widgets.NewCard(m), widgets.NewCard(chart),
			container.New(widgets.Columns(16), widgets.NewCard(container.New(widgets.Rows(8), bar, table)), widgets.NewCard(ledger).Padded(20, 8)),
		), 1040, 900)
	})
}
