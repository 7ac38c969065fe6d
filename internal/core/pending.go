package core

import (
	"context"

	"github.com/go-json-experiment/json/jsontext"
)

// pending is a frame whose result is awaited.
type pending chan outcome

// outcome is what became of a frame, and the answer where it was a question.
type outcome struct {
	value jsontext.Value
	err   error
}

// wait waits for the result.
func (p pending) wait(ctx context.Context) error {
	select {
	case o := <-p:
		return o.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// answer waits like wait and returns what was asked for.
func (p pending) answer(ctx context.Context) (jsontext.Value, error) {
	select {
	case o := <-p:
		return o.value, o.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
