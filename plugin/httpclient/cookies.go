package httpclient

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"golang.org/x/net/publicsuffix"

	"github.com/mullion-dev/mullion/ipc"
	"github.com/mullion-dev/mullion/plugin/files"
)

// The limits of cookies, those of RFC 6265bis and of browsers.
const (
	maxCookie     = 4096                 // bytes of name and value
	maxAttribute  = 1024                 // bytes of a domain or a path
	maxPerDomain  = 180                  // cookies
	maxCookies    = 3000                 // in all
	maxAge        = 400 * 24 * time.Hour // the longest that one is kept
	maxCookieFile = 32 << 20             // bytes
	saveDelay     = time.Second
)

// jar keeps cookies, of which package cookiejar decides to whom they are sent,
// and remembers them in a file.
type jar struct {
	log *slog.Logger

	mu     sync.Mutex
	std    *cookiejar.Jar              // guarded by mu
	all    map[cookieKey]*storedCookie // guarded by mu
	last   uint64                      // guarded by mu; of storedCookie.number
	file   string                      // guarded by mu; empty for none
	timer  *time.Timer                 // guarded by mu; set while something is to be saved
	saving sync.Mutex                  // held while the file is written; taken before mu
}

// cookieKey is by what a cookie replaces another, by RFC 6265, section 5.3.
type cookieKey struct{ domain, path, name string }

// storedCookie is one with the address that it belongs to.
type storedCookie struct {
	number uint64 // the order in which they came
	url    *url.URL
	cookie *http.Cookie // with an absolute time, or none for the session
}

// savedCookie is one in the file.
type savedCookie struct {
	URL    string `json:"url"`
	Cookie string `json:"cookie"` // as in a header Set-Cookie
}

func newJar() *jar {
	j := &jar{all: map[cookieKey]*storedCookie{}}
	j.reset()
	return j
}

// reset makes an empty jar for cookiejar. j.mu is held, or nobody else has j.
func (j *jar) reset() {
	j.std, _ = cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List}) // never an error
	clear(j.all)
}

// Cookies implements [http.CookieJar].
func (j *jar) Cookies(u *url.URL) []*http.Cookie {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.std.Cookies(u)
}

// SetCookies implements [http.CookieJar].
func (j *jar) SetCookies(u *url.URL, cookies []*http.Cookie) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, c := range cookies {
		j.set(u, c, time.Now())
	}
	if j.file != "" && j.timer == nil {
		j.timer = time.AfterFunc(saveDelay, j.save)
	}
}

// set keeps a cookie, or takes one away. j.mu is held.
func (j *jar) set(u *url.URL, given *http.Cookie, now time.Time) {
	c := *given
	host := strings.ToLower(u.Hostname())
	domain := strings.TrimPrefix(strings.ToLower(c.Domain), ".")
	if domain == "" {
		domain = host
	} else if host != domain && (!strings.HasSuffix(host, "."+domain) || isSuffix(domain)) {
		return // a cookie for others, which cookiejar refuses too
	}
	if !strings.HasPrefix(c.Path, "/") {
		c.Path = defaultPath(u.Path)
	}
	if len(c.Name)+len(c.Value) > maxCookie || len(c.Path) > maxAttribute || len(domain) > maxAttribute || c.String() == "" {
		return
	}
	switch {
	case c.MaxAge > 0:
		c.Expires = now.Add(min(time.Duration(c.MaxAge), maxAge/time.Second) * time.Second)
	case c.MaxAge == 0 && c.Expires.After(now.Add(maxAge)):
		c.Expires = now.Add(maxAge)
	}
	key := cookieKey{domain, c.Path, c.Name}
	if c.MaxAge < 0 || !c.Expires.IsZero() && !c.Expires.After(now) {
		delete(j.all, key)
		j.std.SetCookies(u, []*http.Cookie{&c})
		return
	}
	c.MaxAge = 0
	if j.all[key] == nil {
		j.makeRoom(domain)
	}
	j.last++
	origin := &url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/"}
	j.all[key] = &storedCookie{j.last, origin, &c}
	j.std.SetCookies(origin, []*http.Cookie{&c})
}

// makeRoom takes away the oldest cookie of a domain that has too many, or of all.
// j.mu is held.
func (j *jar) makeRoom(domain string) {
	var same []cookieKey
	for k := range j.all {
		if k.domain == domain {
			same = append(same, k)
		}
	}
	if len(same) < maxPerDomain {
		if len(j.all) < maxCookies {
			return
		}
		same = slices.Collect(maps.Keys(j.all))
	}
	oldest := slices.MinFunc(same, func(a, b cookieKey) int { return cmp.Compare(j.all[a].number, j.all[b].number) })
	gone := j.all[oldest]
	delete(j.all, oldest)
	end := *gone.cookie
	end.MaxAge = -1
	j.std.SetCookies(gone.url, []*http.Cookie{&end})
}

func isSuffix(domain string) bool {
	suffix, _ := publicsuffix.PublicSuffix(domain)
	return suffix == domain
}

// defaultPath is that of a cookie without one, by RFC 6265, section 5.1.4.
func defaultPath(path string) string {
	if i := strings.LastIndexByte(path, '/'); i > 0 && path[0] == '/' {
		return path[:i]
	}
	return "/"
}

// open takes over the cookies of a file, and keeps them there from then on. What
// cannot be read is put aside.
func (j *jar) open(file string, log *slog.Logger) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.file, j.log = file, log
	saved, err := readCookies(file)
	if err != nil {
		log.Warn("cookies cannot be read; there are none", "err", err)
		if err := os.Rename(file, file+".bad"); err != nil {
			log.Warn("the file of cookies is replaced", "err", err)
		}
		return
	}
	now := time.Now()
	for _, s := range saved {
		u, err := url.Parse(s.URL)
		if err != nil {
			continue
		}
		if c, err := http.ParseSetCookie(s.Cookie); err == nil {
			j.set(u, c, now)
		}
	}
}

func readCookies(file string) (saved []savedCookie, err error) {
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxCookieFile+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxCookieFile {
		return nil, fmt.Errorf("%s has more than %d bytes", file, maxCookieFile)
	}
	if err := json.Unmarshal(data, &saved); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return saved, nil
}

// save writes the file, and tells the log if it cannot.
func (j *jar) save() {
	if err := j.write(); err != nil {
		j.log.Error("cookies cannot be saved", "err", err)
	}
}

// write writes the file if there is something new.
func (j *jar) write() error {
	j.saving.Lock()
	defer j.saving.Unlock()
	j.mu.Lock()
	file, now := j.file, time.Now()
	if j.timer == nil || file == "" {
		j.mu.Unlock()
		return nil
	}
	j.timer.Stop()
	j.timer = nil
	list := slices.SortedFunc(maps.Values(j.all), func(a, b *storedCookie) int { return cmp.Compare(a.number, b.number) })
	saved := []savedCookie{}
	for _, s := range list {
		if s.cookie.Expires.After(now) {
			saved = append(saved, savedCookie{s.url.String(), s.cookie.String()})
		}
	}
	j.mu.Unlock()
	data, err := ipc.Marshal(saved)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	return files.WriteFile(file, data, 0o600)
}

// clear forgets all cookies.
func (j *jar) clear() error {
	j.mu.Lock()
	j.reset()
	if j.file != "" && j.timer == nil {
		j.timer = time.AfterFunc(saveDelay, j.save)
	}
	j.mu.Unlock()
	return j.write()
}

// close saves what is to be saved.
func (j *jar) close() {
	j.save()
	j.mu.Lock()
	defer j.mu.Unlock()
	j.file = "" // requests that still end change nothing
}
