package log

import (
	"fmt"
	"log/slog"
	"sync"
)

const (
	// maxQueue and maxQueueBytes bound the records on their way to pages, or to
	// a function of the app.
	maxQueue      = 1024
	maxQueueBytes = 1 << 20
)

// payload is what attachLogger expects.
type payload struct {
	Message string `json:"message"`
	Level   int    `json:"level"`
}

// queue hands records on by a goroutine that is there while there are any: who
// logs may hold what is needed for that, and what is called may log.
type queue struct {
	send func(line) error

	mu    sync.Mutex
	lines []line        // guarded by mu
	size  int           // guarded by mu; of lines
	lost  int           // guarded by mu; since that was told
	idle  chan struct{} // guarded by mu; closed when the goroutine ends, nil if there is none
	err   error         // guarded by mu; of the last one
}

func newQueue(send func(line) error) *queue { return &queue{send: send} }

// put implements sink. It drops the oldest where there are too many. The error
// is that of an earlier record.
func (q *queue) put(l line) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.lines, q.size = append(q.lines, l), q.size+len(l.text)
	for len(q.lines) > maxQueue || q.size > maxQueueBytes {
		q.size -= len(q.lines[0].text)
		q.lines, q.lost = q.lines[1:], q.lost+1
	}
	if q.idle == nil {
		q.idle = make(chan struct{})
		go q.run()
	}
	return q.err
}

// end implements sink.
func (q *queue) end() {
	q.mu.Lock()
	idle := q.idle
	q.mu.Unlock()
	if idle != nil {
		<-idle
	}
}

func (q *queue) run() {
	for {
		q.mu.Lock()
		if len(q.lines) == 0 {
			close(q.idle)
			q.lines, q.idle = nil, nil
			q.mu.Unlock()
			return
		}
		l, lost := q.lines[0], q.lost
		q.lines, q.lost = q.lines[1:], 0
		q.size -= len(l.text)
		q.mu.Unlock()
		missed := 0
		if lost > 0 && q.try(line{fmt.Sprintf("%d records are missing here: there were too many", lost), slog.LevelWarn}) != nil {
			missed = lost
		}
		err := q.try(l)
		if err != nil {
			missed++
		}
		q.mu.Lock()
		q.lost, q.err = q.lost+missed, err
		q.mu.Unlock()
	}
}

func (q *queue) try(l line) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("it panicked: %v", v)
		}
	}()
	return q.send(l)
}
