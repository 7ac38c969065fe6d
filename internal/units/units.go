// Package units reads the lengths that pages send. They measure in logical
// pixels or in physical ones, and say in which: {"Logical": …} or
// {"Physical": …}.
package units

import (
	"errors"
	"fmt"
	"math"
)

// maxLength is the longest length, and the farthest place, that a page may
// ask for, in either kind of pixel. No system has windows beyond.
const maxLength = 1 << 20

// Check refuses what is no length and no place in pixels. what is for the
// error.
func Check(what string, f float64) error {
	if math.IsNaN(f) || math.Abs(f) > maxLength {
		return fmt.Errorf("%s %v: want a number of pixels up to %d", what, f, maxLength)
	}
	return nil
}

// CheckAll is Check for several.
func CheckAll(lengths ...float64) error {
	for _, l := range lengths {
		if err := Check("length", l); err != nil {
			return err
		}
	}
	return nil
}

// Either is what pages measure in one of the two kinds of pixels.
type Either[T any] struct {
	Logical  *T `json:"Logical,omitzero"`
	Physical *T `json:"Physical,omitzero"`
}

// The lengths that pages send.
type (
	Size     = Either[WidthAndHeight]
	Position = Either[Point]
	Length   = Either[float64]
)

// WidthAndHeight is a size in one kind of pixel.
type WidthAndHeight struct {
	Width  float64 `json:"width"`
	Height float64 `json:"height"`
}

// Point is a place in one kind of pixel.
type Point struct {
	X float64 `json:"x"`
	Y float64 `json:"y"`
}

// measured returns what was sent, and by what to divide it for logical pixels
// in a window at that scale. form is what a T looks like.
func (e Either[T]) measured(what, form string, scale float64) (value T, by float64, err error) {
	switch {
	case (e.Logical == nil) == (e.Physical == nil):
		return value, 1, fmt.Errorf(`%s: want {"Logical": %s} or {"Physical": …}`, what, form)
	case e.Logical != nil:
		return *e.Logical, 1, nil
	case scale <= 0:
		return *e.Physical, 1, nil
	}
	return *e.Physical, scale, nil
}

// LogicalSize returns a size in logical pixels, for a window at that scale. A
// scale of 0 is not known yet, and counts as 1.
func LogicalSize(s Size, scale float64) (width, height float64, err error) {
	size, by, err := s.measured("size", `{"width", "height"}`, scale)
	if err == nil && (size.Width < 0 || size.Height < 0) {
		err = fmt.Errorf("size %v × %v: want no negative length", size.Width, size.Height)
	}
	return size.Width / by, size.Height / by, errors.Join(err, Check("width", size.Width), Check("height", size.Height))
}

// LogicalPosition is LogicalSize of a position.
func LogicalPosition(p Position, scale float64) (x, y float64, err error) {
	at, by, err := p.measured("position", `{"x", "y"}`, scale)
	return at.X / by, at.Y / by, errors.Join(err, Check("x", at.X), Check("y", at.Y))
}

// LogicalLength is LogicalSize of a length; nil is no limit.
func LogicalLength(l *Length, scale float64) (*float64, error) {
	if l == nil {
		return nil, nil
	}
	length, by, err := l.measured("length", "number", scale)
	if err == nil && length < 0 {
		err = fmt.Errorf("length %v: want none below 0", length)
	}
	length /= by
	return &length, errors.Join(err, Check("length", length))
}
