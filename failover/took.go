package failover

import (
	"fmt"
	"time"
)

// Took tells a measured time as exactly as it matters: "40 ms", "0.4 s", "12 s",
// "2 min 05 s", "1 h 20 min". Below a millisecond, and below nothing, it is "0 s".
func Took(d time.Duration) Sentence {
	switch seconds, minutes := int(d.Round(time.Second).Seconds()), int(d.Round(time.Minute).Minutes()); {
	case d < time.Millisecond:
		return Say("{n} s", "n", 0)
	case d < 100*time.Millisecond:
		return Say("{n} ms", "n", d.Milliseconds())
	case d < 9950*time.Millisecond:
		return Say("{n} s", "n", fmt.Sprintf("%.1f", d.Seconds()))
	case seconds < 60:
		return Say("{n} s", "n", seconds)
	case seconds < 3600:
		return Say("{m} min {s} s", "m", seconds/60, "s", fmt.Sprintf("%02d", seconds%60))
	default:
		return Say("{h} h {m} min", "h", minutes/60, "m", fmt.Sprintf("%02d", minutes%60))
	}
}
