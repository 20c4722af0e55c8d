package screen

import (
	"strconv"

	"lifeboat/app/widgets"
)

// ticks are three round values for an axis that goes up to most.
func ticks(most int, wanted bool) []widgets.Tick {
	if !wanted {
		return nil
	}
	step := 1
	for _, s := range []int{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000} {
		if step = s; 2*s >= most {
			break
		}
	}
	out := make([]widgets.Tick, 3)
	for i := range out {
		out[i] = widgets.Tick{At: float64(i * step), Label: strconv.Itoa(i * step)}
	}
	return out
}
