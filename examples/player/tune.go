package main

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"strings"
)

// tune is a melody for plucked strings.
type tune struct {
	title string
	beat  float64 // seconds
	notes string  // names with octaves, "-" for a rest; each takes a beat
}

var tunes = []tune{
	{"Morning on the Lake", .28, "C3 G3 E4 G4 C5 G4 E4 G3 A2 E3 C4 E4 A4 E4 C4 E3 F2 C3 A3 C4 F4 C4 A3 C3 G2 D3 B3 D4 G4 D4 B3 D3 C3 G3 E4 G4 C5 - - -"},
	{"Paper Boats", .34, "A3 C4 E4 A4 G4 E4 D4 C4 D4 F4 A4 - G4 F4 E4 - F3 A3 C4 F4 E4 C4 B3 G3 A3 E3 A3 - A2 - - -"},
	{"Lantern", .42, "D3 A3 D4 F4 A4 F4 E4 - C3 G3 C4 E4 G4 E4 D4 - D3 A3 D4 F4 A4 D5 C5 A4 D4 - - -"},
}

const rate = 22050 // samples in a second

// wav returns the tune as a WAV file: one channel of 16 bits.
func (t tune) wav() []byte {
	names := strings.Fields(t.notes)
	step := int(t.beat * rate)
	sound := make([]float64, step*len(names)+rate)
	random := rand.New(rand.NewPCG(1, 2)) // the same tune each time
	for i, name := range names {
		if f := frequency(name); f > 0 {
			pluck(sound[i*step:], f, random)
		}
	}
	loudest := 0.
	for _, v := range sound {
		loudest = max(loudest, math.Abs(v))
	}
	out := make([]byte, 0, 44+2*len(sound))
	add := binary.LittleEndian
	out = add.AppendUint32(append(out, "RIFF"...), uint32(36+2*len(sound)))
	out = add.AppendUint32(append(out, "WAVEfmt "...), 16)
	out = add.AppendUint16(add.AppendUint16(out, 1), 1) // PCM, one channel
	out = add.AppendUint32(add.AppendUint32(out, rate), 2*rate)
	out = add.AppendUint16(add.AppendUint16(out, 2), 16)
	out = add.AppendUint32(append(out, "data"...), uint32(2*len(sound)))
	for i, v := range sound {
		fade := min(1, float64(len(sound)-i)/rate)
		out = add.AppendUint16(out, uint16(int16(v/loudest*fade*28000)))
	}
	return out
}

// frequency returns that of a note in hertz, or 0 for a rest.
func frequency(name string) float64 {
	half := strings.IndexByte("C D EF G A B", name[0])
	if half < 0 {
		return 0
	}
	octave := int(name[1] - '0')
	return 440 * math.Pow(2, float64(half-9+12*(octave-4))/12)
}

// pluck adds a string to what sounds already, by the algorithm of Karplus and
// Strong: noise goes round, and each round makes it smoother.
func pluck(sound []float64, f float64, random *rand.Rand) {
	round := make([]float64, int(rate/f))
	for i := range round {
		round[i] = random.Float64()*2 - 1
	}
	for i := range min(len(sound), 3*rate) {
		at, next := i%len(round), (i+1)%len(round)
		sound[i] += round[at]
		round[at] = .4985 * (round[at] + round[next])
	}
}
