// Chat is one conversation with a window for each member. What one writes is
// in all windows; who is mentioned elsewhere gets a notification.
package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"time"

	"github.com/mullion-dev/mullion"
)

//go:embed mullion.conf.json icon.png capabilities ui
var files embed.FS

func main() { mullion.Main(run) }

func run(ctx context.Context) error {
	app, err := mullion.New(mullion.Options{Files: files})
	if err != nil {
		return err
	}
	c := &chat{app: app, talk: mullion.NewState(app, "conversation", conversation{Messages: welcome(time.Now())},
		mullion.StateOptions[conversation]{Persist: true})}
	mullion.Handle(app, "me", c.me)
	mullion.Handle(app, "say", c.say)
	mullion.Handle(app, "typing", c.typing)
	return app.Run(ctx)
}

// conversation is what all windows show.
type conversation struct {
	Messages []message `json:"messages"`
}

type message struct {
	Number int       `json:"number"`
	From   string    `json:"from"`
	Text   string    `json:"text"`
	At     time.Time `json:"at"`
}

// What is kept: so many messages, each of so many bytes.
const (
	mostMessages = 500
	mostBytes    = 4000
)

// welcome is what the members have said before anybody types: how the app is
// used.
func welcome(now time.Time) []message {
	said := []message{
		{From: "Ada", Text: "Three windows, one conversation: what I write is in all of them at once."},
		{From: "Ben", Text: "And no page can write in my name: the Core knows whose window it is."},
		{From: "Cleo", Text: "Mention who looks elsewhere, like @Ada, and a notification leads there."},
		{From: "Ada", Text: "Close everything and start again: it is all still here."},
		{From: "Ben", Text: "Your turn, @Cleo!"},
	}
	for i := range said {
		said[i].Number = i + 1
		said[i].At = now.Add(time.Duration(i-len(said)) * time.Minute)
	}
	return said
}

// chat is the app. The windows' labels are the names of the members.
type chat struct {
	app  *mullion.App
	talk *mullion.State[conversation]
}

type none = struct{}

// member returns who is calling. A page cannot pretend to be another, because
// it is not the page that says so.
func member(ctx context.Context) (string, error) {
	c, ok := mullion.CallerFrom(ctx)
	if !ok {
		return "", errors.New("only a window can say who it is")
	}
	return c.Window, nil
}

type self struct {
	Name   string   `json:"name"`
	Others []string `json:"others"`
}

// me tells a page whose it is, and who else takes part.
func (c *chat) me(ctx context.Context, _ none) (self, error) {
	name, err := member(ctx)
	s := self{Name: name, Others: []string{}}
	for _, w := range c.app.Config().App.Windows {
		if w.Label != name {
			s.Others = append(s.Others, w.Label)
		}
	}
	return s, err
}

type sayArgs struct {
	Text string `json:"text"`
}

// say adds a message. When it returns, the message is on the disk.
func (c *chat) say(ctx context.Context, a sayArgs) (none, error) {
	from, err := member(ctx)
	if err != nil {
		return none{}, err
	}
	text := strings.TrimSpace(a.Text)
	if text == "" || len(text) > mostBytes {
		return none{}, fmt.Errorf("a message has 1 to %d bytes, this one %d", mostBytes, len(text))
	}
	err = c.talk.Update(ctx, func(v conversation) conversation {
		m := message{Number: 1, From: from, Text: text, At: time.Now()}
		if n := len(v.Messages); n > 0 {
			m.Number = v.Messages[n-1].Number + 1
		}
		all := append(v.Messages[:len(v.Messages):len(v.Messages)], m)
		v.Messages = all[max(0, len(all)-mostMessages):]
		return v
	})
	if err == nil {
		c.mention(from, text)
	}
	return none{}, err
}

var mentioned = regexp.MustCompile(`@(\w+)`)

// mention notifies those who are mentioned and look at something else.
func (c *chat) mention(from, text string) {
	told := map[string]bool{from: true}
	for _, m := range mentioned.FindAllStringSubmatch(text, -1) {
		w, err := c.app.Window(m[1])
		if err != nil || told[m[1]] || w.Geometry().Focused {
			continue
		}
		told[m[1]] = true
		go c.notify(w, from, text)
	}
}

// notify shows a notification that leads to a window. It does not belong to
// the call that it came from, which is over by the time it is clicked.
func (c *chat) notify(w *mullion.Window, from, text string) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_, err := c.app.Notify(ctx, mullion.Notification{
		Title: fmt.Sprintf("%s mentioned %s", from, w.Label()), Body: text, Sound: "message-new-instant",
		Actions:  []mullion.NotificationAction{{ID: "default", Label: "Open"}},
		OnAction: func(mullion.NotificationActivation) { _ = w.Focus(context.Background()) },
	})
	if err != nil {
		slog.Warn("no notification", "for", w.Label(), "err", err) // the message is in the window all the same
	}
}

// typing tells the others that somebody is writing. It is an event and not
// part of the state: who misses it has lost nothing.
func (c *chat) typing(ctx context.Context, _ none) (none, error) {
	from, err := member(ctx)
	if err != nil {
		return none{}, err
	}
	return none{}, c.app.Emit(ctx, "typing", from)
}
