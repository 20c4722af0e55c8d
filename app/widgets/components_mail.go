package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"lifeboat/app/look"
)

// componentsMail shows what mail is read and written with, in each of its states.
func componentsMail() fyne.CanvasObject {
	rows := []RowText{
		{First: "高橋 健一（北斗製作所）", Second: "Re: 部材 A-204 見積書のご送付", Third: "いつもお世話になっております。北斗製作所の高橋です。", Right: "11:18", Icon: look.IconClip},
		{First: "経理部 山本", Second: "【要確認】10月分 請求書の承認について", Third: "営業部各位 お疲れさまです。承認期限は22日です。", Right: "10:55", Strong: true},
		{Waiting: true},
	}
	list := NewRowList(76, LetterRows(func(i int) RowText { return rows[i%len(rows)] }))
	list.SetLength(100_000)
	list.SetSelection([]int{0}, 0)
	folders := NewFolderList()
	folders.Set([]FolderData{
		{Key: "h", Name: "佐藤 大輔", Head: true}, {Key: "in", Icon: look.IconInbox, Name: "受信トレイ", Count: 2}, {Key: "sent", Icon: look.IconSent, Name: "送信済み"},
		{Key: "shared", Name: "共有", Head: true}, {Key: "info", Icon: look.IconPeople, Name: "info@", Count: 8}, {Key: "t", Icon: look.IconPeople, Name: "tanaka@", Sign: look.IconLock},
	}, "in")
	text := "ご不明な点がございましたら、お気軽にお知らせください。図面は "
	link := "https://files.hokuto-ss.example/a-204"
	reading := NewReading(nil, nil)
	reading.OnLink = func(ReadingLink) {}
	reading.Set(ReadingData{Key: "1", Blocks: []ReadingBlock{
		{Text: text + link + " にあります。", Links: []ReadingLink{{Start: len(text), End: len(text) + len(link), Address: link}}},
		{Fold: "引用2行（佐藤 大輔、11月15日）", Quiet: true, Text: "部材 A-204 を200個、\nお見積りいただけますか。"},
	}})
	reading.Unfold(1, true)
	files := NewFiles()
	files.Set([]FileRow{
		{Key: "2", Name: "見積書_A-204.pdf", Size: "214 KB", Open: "開く", Save: "保存"},
		{Key: "3", Name: "invoice.pdf.exe", Size: "90 KB", Save: "保存", Note: "プログラムを実行できるファイルです。"},
	})
	chips := NewChips("宛先", 88)
	chips.Set([]Chip{{Text: "高橋 健一"}, {Text: "no address", Bad: true}})
	search := NewSearchField("件名、本文、差出人を検索")
	found := NewSearchField("")
	found.SetText("会議")
	room := func(o fyne.CanvasObject, width, height float32) fyne.CanvasObject {
		return container.NewGridWrap(fyne.NewSize(width, height), o)
	}
	return container.New(Rows(16),
		container.New(LineUp(16, -1), room(folders.List(), 180, 240), room(list, 344, 240), room(reading, 420, 240)),
		files, chips, container.New(Columns(16), search, found),
	)
}
