package presenter

// TestsState is what the page of the connectivity tests shows.
type TestsState struct {
	Light Light
	Title string // the verdict
	Lead  string // counts, when and how long
	// Running: a test goes on, and can be cancelled.
	Running bool
	Button  string // "Test again", "Test now" or "Cancel"
	Check   string // heads the first column
	Columns []TestColumn
	Rows    []TestRow
	Domains []DomainRow // when there are several
	// Copy: there is something to report.
	Copy bool
}

// TestColumn is a side: whose connections are tried.
type TestColumn struct{ Caption, Name string }

// TestRow is a test, at every side.
type TestRow struct {
	ID     string
	Title  string
	Light  Light // the worst of its cells
	Cells  []TestMark
	Detail *TestDetail // nil while the row is closed
}

// TestMark is a test at one side, in a few words.
type TestMark struct {
	Light  Light
	Text   string
	Unused bool // there is nothing of the kind at this side
	Plain  bool // nothing to see to: the words need no colour
}

// TestDetail is what an open row shows.
type TestDetail struct {
	Answers []TestAnswer
	Advice  TestAdvice
	Button  string // "Test this check"
	Off     bool   // it cannot be pressed now: tests go on
	Usual   string // beside it: how long it takes
}

// TestAnswer is what came back from one side.
type TestAnswer struct {
	Light Light
	Title string
	Says  []string // what was found, in sentences
	Lines []string // the exact answers
	More  string   // how many lines are not shown
	Note  string   // who answered, when
	Copy  string   // all of it as text
}

// TestAdvice is what to do, or, where nothing is to be done, why it is tested.
type TestAdvice struct {
	Title string
	Texts []string
	Copy  string // empty where there is nothing to do
}
