package assets

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
)

// A content is a representation that was found and may be sent: what is left
// is to find out which part of it the request wants.
type content struct {
	mediaType string
	size      int64
	tag       string // entity tag
	header    []Field
	reader    io.ReaderAt
	closer    io.Closer // nil if there is nothing to close
	file      *os.File  // set if reader is a regular file
}

// answer takes over the content: it is closed by the response's body, or at
// once if there is none.
func (c *content) answer(ctx context.Context, r *Request) (resp *Response) {
	defer func() {
		if (resp == nil || resp.Body == nil || resp.Status == statusRangeNotSatisfiable) && c.closer != nil {
			c.closer.Close()
		}
	}()
	c.header = append(c.header, Field{"ETag", c.tag})
	if matchesAny(fieldList(r.Header, "If-None-Match"), c.tag) {
		return &Response{Status: statusNotModified, Header: c.header}
	}
	c.header = append(c.header, Field{"Accept-Ranges", "bytes"})

	ranges, err := c.ranges(r)
	if err != nil {
		c.header = append(c.header, Field{"Content-Range", fmt.Sprintf("bytes */%d", c.size)})
		return refuse(statusRangeNotSatisfiable, "no such range: the file has %d bytes", c.size).
			answer(ctx, r, c.header)
	}
	switch len(ranges) {
	case 0:
		return c.part(ctx, r, statusOK, byteRange{0, c.size})
	case 1:
		c.header = append(c.header, Field{"Content-Range", ranges[0].contentRange(c.size)})
		return c.part(ctx, r, statusPartialContent, ranges[0])
	default:
		return c.multipart(ctx, ranges)
	}
}

// ranges returns the parts that the request wants, none meaning the whole.
// Ranges are defined for GET only (RFC 9110, 14.2).
func (c *content) ranges(r *Request) ([]byteRange, error) {
	if r.method() != "GET" {
		return nil, nil
	}
	if condition := fieldList(r.Header, "If-Range"); condition != "" && !matchesStrongly(condition, c.tag) {
		return nil, nil
	}
	return parseRange(fieldList(r.Header, "Range"), c.size)
}

// part answers with one piece, or with the whole.
func (c *content) part(ctx context.Context, r *Request, status int, piece byteRange) *Response {
	resp := &Response{Status: status, Header: append(c.header,
		Field{"Content-Type", c.mediaType},
		Field{"Content-Length", strconv.FormatInt(piece.length, 10)})}
	if r.method() == "HEAD" || piece.length == 0 {
		return resp
	}
	resp.Length = piece.length
	resp.Body = newBody(ctx, io.NewSectionReader(c.reader, piece.start, piece.length), piece.length, c.closer)
	resp.File, resp.Offset = c.file, piece.start
	if c.file == nil {
		resp.Offset = 0
	}
	return resp
}

// multipart answers with several pieces as multipart/byteranges (RFC 9110, 14.6).
func (c *content) multipart(ctx context.Context, ranges []byteRange) *Response {
	boundary := rand.Text()
	var (
		readers []io.Reader
		length  int64
	)
	text := func(s string) {
		readers = append(readers, strings.NewReader(s))
		length += int64(len(s))
	}
	for i, piece := range ranges {
		before := "\r\n"
		if i == 0 {
			before = ""
		}
		text(fmt.Sprintf("%s--%s\r\nContent-Type: %s\r\nContent-Range: %s\r\n\r\n",
			before, boundary, c.mediaType, piece.contentRange(c.size)))
		readers = append(readers, exactly(io.NewSectionReader(c.reader, piece.start, piece.length), piece.length))
		length += piece.length
	}
	text("\r\n--" + boundary + "--\r\n")
	return &Response{
		Status: statusPartialContent,
		Header: append(slices.Clip(c.header),
			Field{"Content-Type", "multipart/byteranges; boundary=" + boundary},
			Field{"Content-Length", strconv.FormatInt(length, 10)}),
		Body:   newBody(ctx, io.MultiReader(readers...), length, c.closer),
		Length: length,
	}
}
