package desktop

// Notice is something that the system shows a person who is doing something else.
type Notice struct {
	App   string // the program's name
	Key   string // what it is about: a new one about the same takes its place
	Title string
	Text  string
	// Open is called, on any goroutine, when the person presses the notice, where the
	// system tells.
	Open func()
}
