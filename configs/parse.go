package configs

// Parse is [Load] for the text of a file that need not be there yet: settings on their
// way to the disk are tried as they would be read back. Relative paths in it are beside
// the file, and sentences name it.
func Parse(file string, data []byte, o Options) (*Settings, []Problem, error) {
	return load(file, data, o)
}

// Text is what [WriteNew] would write, unchecked. The error is a [Problem] with the
// file as its place.
func (d Draft) Text(file string) (string, error) {
	text, err := d.text()
	if err != nil {
		return "", Say("{at} was not written: the settings cannot be put into words.").Because(err).at(place{file: file}, "")
	}
	return text, nil
}

// Nearest returns the word that was probably meant, or nothing when none is near; see
// [Load], which suggests with it.
func Nearest(word string, known []string) string { return nearest(word, known) }
