package deliver

import "time"

// SetMinute makes a provider's minute as short as a test can wait for.
func (d *Deliverer) SetMinute(minute time.Duration) { d.minute = minute }
