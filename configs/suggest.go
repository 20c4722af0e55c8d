package configs

// nearest returns the word that was probably meant, or nothing when none is
// near. Nearness is the number of letters to add, drop, change or swap, and a
// third of the word may be wrong.
func nearest(word string, known []string) string {
	best, least := "", len([]rune(word))/3+1
	for _, k := range known {
		if n := distance([]rune(word), []rune(k)); n < least || n == least && best == "" {
			best, least = k, n
		}
	}
	if best == "" || least > 3 || least >= len([]rune(word)) {
		return ""
	}
	return best
}

// distance is the optimal string alignment distance of two words.
func distance(a, b []rune) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
