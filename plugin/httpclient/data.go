package httpclient

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
)

// The words of the published plugin.
var (
	errDataURL    = errors.New("failed to process data url")
	errDataDecode = errors.New("failed to decode data url into bytes")
)

// dataResponse answers a data: URL (RFC 2397, as the Fetch standard reads it).
func dataResponse(raw string) (func(context.Context) (*http.Response, error), error) {
	address, _, _ := strings.Cut(raw, "#")
	kind, data, ok := strings.Cut(strings.TrimPrefix(address, "data:"), ",")
	if !ok {
		return nil, errDataURL
	}
	text := unescape(data)
	if i := strings.LastIndexByte(kind, ';'); i >= 0 && strings.EqualFold(strings.TrimSpace(kind[i+1:]), "base64") {
		kind = kind[:i]
		plain := strings.NewReplacer(" ", "", "\t", "", "\n", "", "\f", "", "\r", "").Replace(text)
		decoded, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(plain, "="))
		if err != nil {
			return nil, errDataDecode
		}
		text = string(decoded)
	}
	if strings.HasPrefix(strings.TrimSpace(kind), ";") {
		kind = "text/plain" + strings.TrimSpace(kind)
	}
	if t, params, err := mime.ParseMediaType(kind); err != nil || !strings.Contains(t, "/") {
		kind = "text/plain;charset=US-ASCII"
	} else {
		kind = mime.FormatMediaType(t, params)
	}
	return func(context.Context) (*http.Response, error) {
		return &http.Response{
			StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {kind}}, Body: io.NopCloser(bytes.NewReader([]byte(text))),
			Request: &http.Request{URL: &url.URL{Scheme: "data", Opaque: strings.TrimPrefix(address, "data:")}},
		}, nil
	}, nil
}

// unescape decodes percent escapes; a percent sign that begins none stays.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if c, err := url.PathUnescape(s[i : i+3]); err == nil {
				b.WriteString(c)
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
