package cli

// ReadTyped takes a line apart that was typed in a drill.
func ReadTyped(line string) (word, who, text string, err error) {
	t, err := readTyped(line)
	return t.word, t.who, t.text, err
}

// Fit and Size are how lists of mail are laid out.
var (
	Fit  = fit
	Size = size
)
