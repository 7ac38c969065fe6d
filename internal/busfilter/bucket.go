package busfilter

import "time"

// bucket is an amount that may be used at once, and that comes back with time.
type bucket struct {
	most, rate float64 // the whole, and what comes back each second
	left       float64
	at         time.Time // when left was so
}

func newBucket(most, rate float64, now time.Time) bucket {
	return bucket{most: most, rate: rate, left: most, at: now}
}

// take uses n, if that much is left.
func (b *bucket) take(n int64, now time.Time) bool {
	b.left = min(b.most, b.left+b.rate*now.Sub(b.at).Seconds())
	b.at = now
	if b.left < float64(n) {
		return false
	}
	b.left -= float64(n)
	return true
}
