package httpclient_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mullion-dev/mullion/mulliontest"
	"github.com/mullion-dev/mullion/plugin/httpclient"
)

// TestAttacks is what a page may try that wants to reach more than its scope
// has, or to wear out the app. The server counts what arrives.
func TestAttacks(t *testing.T) {
	var going atomic.Int64
	var port string
	mux := http.NewServeMux()
	mux.HandleFunc("/public/redirect", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.FormValue("to"), http.StatusFound) })
	mux.HandleFunc("/public/hang", func(w http.ResponseWriter, r *http.Request) {
		going.Add(1)
		defer going.Add(-1)
		if r.FormValue("body") != "" {
			io.WriteString(w, "begun")
			http.NewResponseController(w).Flush()
		}
		<-r.Context().Done()
	})
	mux.HandleFunc("/public/header", func(w http.ResponseWriter, r *http.Request) { w.Header().Set("X-Big", strings.Repeat("x", 1<<20)) })
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		// What is allowed may come, by redirects without a host.
		if !strings.HasPrefix(r.URL.Path, "/public/") || strings.Contains(strings.ToLower(r.URL.Path), "secret") || r.Host != "127.0.0.1:"+port || r.Header.Get("Y") != "" {
			t.Errorf("this got through: %s %s%s", r.Method, r.Host, r.RequestURI)
		}
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	_, port, _ = strings.Cut(strings.TrimPrefix(s.URL, "http://"), ":")
	a := start(t, httpclient.Options{}, `"allow": ["http://127.0.0.1:`+port+`/public/*", "http://*:*/public/*"], "deny": ["http://127.0.0.1:*/public/secret*"]`)
	p := a.Page("main")

	t.Run("addresses", func(t *testing.T) {
		public := s.URL + "/public/"
		list := []string{
			s.URL + "/", s.URL + "/public", s.URL + "/publi%63", public + "secret", public + "secret?a", public + "%73ecret", public + "SECRET/../secret",
			public + "../", public + "..", public + "%2e%2e/x", public + ".%2e/x", public + "..%2fx", public + "..%5cx", public + `..\x`, public + "\x00", public + " x\r\nHost: a",
			"http://2130706433:" + port + "/public/", "http://0x7f000001:" + port + "/public/", "http://0177.0.0.1:" + port + "/public/", "http://127.1:" + port + "/public/",
			"http://[::ffff:127.0.0.1]:" + port + "/public/", "http://[::ffff:7f00:1]:" + port + "/public/", "http://[::1]:" + port + "/public/", "http://127.0.0.2:" + port + "/public/",
			"http://localhost:" + port + "/public/", "http://LocalHost.:" + port + "/public/", "http://x.localhost:" + port + "/public/", "http://①②⑦.0.0.1:" + port + "/public/",
			"http://127.0.0.1:" + port + "@evil.test/public/", "http://evil.test@127.0.0.1:" + port + "/public/", `http://127.0.0.1:` + port + `\@evil.test/public/`,
			"http://127.0.0.1:" + port + "#@evil.test/public/", "http:127.0.0.1:" + port + "/public/", "http:/127.0.0.1:" + port + "/public/", "//127.0.0.1:" + port + "/public/",
			"http://0.0.0.0:" + port + "/public/", "http://169.254.169.254/public/", "http://10.0.0.1/public/", "http://[fd00::1]/public/", "http://[fe80::1%25lo]/public/",
			"file:///etc/passwd", "ws://127.0.0.1:" + port + "/public/", "javascript:alert(1)", "app://localhost/index.html", "", "http://", "http://\xff/",
			public + strings.Repeat("x", 70_000),
		}
		for _, address := range list {
			if r, err := open(p, m{"url": address, "connectTimeout": 1000}); err == nil {
				t.Errorf("%.100q: got %+v", address, r)
			}
			if len(address) > 60_000 || strings.ContainsAny(address, "\x00\xff") {
				continue
			}
			if r, err := open(p, m{"url": public + "redirect?to=" + url.QueryEscape(address), "connectTimeout": 1000}); err == nil && address != "" && r.Status != 302 && !strings.HasPrefix(r.URL, public) {
				t.Errorf("a redirect to %.100q: got %+v", address, r)
			}
		}
		for _, address := range list[:4] {
			if r, err := open(p, m{"url": public + "redirect?to=" + url.QueryEscape(address)}); err == nil {
				t.Errorf("a redirect to %q: got %+v", address, r)
			}
		}
	})

	t.Run("arguments", func(t *testing.T) {
		public := s.URL + "/public/"
		for _, c := range []m{
			{"method": "GET / HTTP/1.1\r\nX: y\r\n\r\nGET"}, {"method": ""}, {"method": "CONNECT"}, {"method": "trace"}, {"method": strings.Repeat("A", 65)}, {"method": strings.Repeat("A", 3<<20), "url": "data:,x"}, {"method": "G\x00T"}, {"method": 1},
			{"headers": [][2]string{{"X", "a\r\nY: b"}}}, {"headers": [][2]string{{"X\r\nY", "a"}}}, {"headers": [][2]string{{"X: a\r\nY", "a"}}},
			{"headers": [][2]string{{"X", "a\x00"}}}, {"headers": []string{"a"}}, {"headers": make([][2]string, 1000)}, {"headers": [][2]string{{"X", strings.Repeat("a", 1<<20)}}},
			{"connectTimeout": uint64(1) << 62}, {"connectTimeout": -1}, {"connectTimeout": 1.5}, {"maxRedirections": -1}, {"maxRedirections": 1e30},
			{"data": []int{256}}, {"data": []int{-1}}, {"data": "/etc/passwd"},
			{"proxy": m{"all": "http://127.0.0.1:" + port}}, {"proxy": m{"all": "http://localhost:1/public/"}}, {"proxy": m{"http": "file:///x"}}, {"proxy": m{"all": "unix:///run/x"}},
			{"proxy": m{"all": m{"url": "http://127.0.0.1:1/public/", "noProxy": strings.Repeat("a,", 20_000)}}}, {"proxy": m{"all": m{"url": s.URL + "/public/", "basicAuth": m{"username": "a", "password": strings.Repeat("x", 3<<20)}}}},
			{"proxy": m{"all": m{"url": s.URL + "/public/", "basicAuth": m{"username": strings.Repeat("x", 4097), "password": ""}}}},
			{"proxy": m{"https": "http://" + strings.Repeat("x", 3<<20) + "@127.0.0.1:" + port}}, {"proxy": m{"all": 7}}, {"proxy": "http://x"},
			{"danger": m{"acceptInvalidCerts": true}}, {"danger": true}, {"unknown": 1},
		} {
			if c["url"] == nil {
				c["url"] = public
			}
			if r, err := open(p, c); err == nil {
				t.Errorf("%.200s: got %+v", fmt.Sprint(c), r)
			}
		}
		_, err := open(p, m{"url": public + "header"})
		refused(t, "a long header of a response", err, "header")
	})
	t.Run("handles", func(t *testing.T) {
		other := a.Page("other")
		r, err := open(p, m{"url": s.URL + "/public/hang?body=1"})
		if err != nil {
			t.Fatal(err)
		}
		for _, rid := range []any{r.RID, r.RID + 1, 0, -1, 1 << 40, "1", nil} {
			for _, command := range []string{"fetch_send", "fetch_cancel", "fetch_read_body", "fetch_cancel_body"} {
				if err := other.Call("plugin:http|"+command, m{"rid": rid}, nil); err == nil {
					t.Errorf("another page can do %s with %v", command, rid)
				}
			}
		}
		if err := p.Call("plugin:http|fetch_send", m{"rid": r.RID}, nil); err == nil {
			t.Error("a response can be sent")
		}
	})

	t.Run("memory", func(t *testing.T) {
		other := a.Page("other")
		// fill makes requests until one is refused.
		fill := func(what string, config m, each func(rid uint32) (uint32, error), least, most int) (rids []uint32) {
			t.Helper()
			for range most + 1 {
				var rid uint32
				err := other.Call("plugin:http|fetch", m{"clientConfig": config}, &rid)
				if err != nil {
					refused(t, what, err, "wait for some of them")
					break
				}
				if rid, err = each(rid); err != nil {
					t.Fatal(err)
				}
				rids = append(rids, rid)
			}
			if len(rids) < least || len(rids) > most {
				t.Errorf("%s: %d are kept; want %d to %d", what, len(rids), least, most)
			}
			return rids
		}
		wait := func(rid uint32) (uint32, error) { return rid, nil }
		config := m{"method": "GET", "url": s.URL + "/public/", "headers": [][2]string{{"X", strings.Repeat("x", 100<<10)}}, "data": nil}
		for _, rid := range fill("headers", config, wait, 200, 650) {
			if err := other.Call("plugin:http|fetch_cancel", m{"rid": rid}, nil); err != nil {
				t.Fatal(err)
			}
		}
		config = m{"method": "GET", "url": "data:," + strings.Repeat("x", 3<<20), "headers": [][2]string{}, "data": nil}
		for _, rid := range fill("data:", config, func(rid uint32) (uint32, error) {
			var r response
			err := other.Call("plugin:http|fetch_send", m{"rid": rid}, &r)
			return r.RID, err
		}, 5, 21) {
			if err := other.Call("plugin:http|fetch_cancel_body", m{"rid": rid}, nil); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := open(other, config); err != nil {
			t.Errorf("after all were closed: %v", err)
		}
	})

	t.Run("flood", func(t *testing.T) {
		config := m{"method": "GET", "url": s.URL + "/public/hang", "headers": [][2]string{}, "data": nil}
		var err error
		n := 0
		var rids []uint32
		for ; n < 5000 && err == nil; n++ {
			var rid uint32
			err = p.Call("plugin:http|fetch", m{"clientConfig": config}, &rid)
			rids = append(rids, rid)
		}
		refused(t, fmt.Sprintf("request %d", n), err, "wait for some of them")
		for _, rid := range rids[:200] {
			go call(p, "plugin:http|fetch_send", m{"rid": rid}, nil) // it ends with the page
		}
		mulliontest.Wait(t, 0, func() error {
			if n := going.Load(); n < 65 {
				return fmt.Errorf("%d requests are under way", n)
			}
			return nil
		})
		time.Sleep(50 * time.Millisecond) // for those that must not come
		if n := going.Load(); n > 65 {    // one is that of "handles"
			t.Errorf("%d requests are under way", n)
		}
	})

	// The page ends in the middle of all that.
	w, err := a.Window("main")
	if err != nil {
		t.Fatal(err)
	}
	w.Close()
	mulliontest.Wait(t, 0, func() error {
		if n := going.Load(); n > 0 {
			return fmt.Errorf("%d requests of a page that is gone are under way", n)
		}
		return nil
	})
	if _, err := open(a.Page("other"), m{"url": s.URL + "/public/"}); err != nil {
		t.Errorf("another page: %v", err)
	}
}
