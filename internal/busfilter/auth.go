package busfilter

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// Bounds of the authentication: "Authentication Protocol" in the specification.
const (
	maxLine  = 1 << 10
	maxLines = 32
)

var errAuthentication = errors.New("the authentication failed")

// readLine reads a line without its end.
func readLine(r *bufio.Reader) (string, error) {
	var line []byte
	for len(line) < maxLine {
		c, err := r.ReadByte()
		if err != nil {
			return "", unexpected(err)
		}
		if line = append(line, c); c == '\n' {
			text, ok := strings.CutSuffix(string(line), "\r\n")
			if !ok {
				break
			}
			return text, nil
		}
	}
	return "", fmt.Errorf("%w: a line that does not end", errAuthentication)
}

// greet authenticates us at the bus, and returns its number. The kernel says who we
// are, but servers that are made with GLib before 2.74 want to hear it. Descriptors
// are not asked for.
func greet(r *bufio.Reader, w io.Writer) (guid string, err error) {
	if _, err := fmt.Fprintf(w, "\x00AUTH EXTERNAL %x\r\n", strconv.Itoa(os.Geteuid())); err != nil {
		return "", err
	}
	line, err := readLine(r)
	if err != nil {
		return "", err
	}
	guid, ok := strings.CutPrefix(line, "OK ")
	if !ok {
		return "", fmt.Errorf("%w: the bus says %.60q", errAuthentication, line)
	}
	_, err = io.WriteString(w, "BEGIN\r\n")
	return guid, err
}

// admit has a client authenticate itself: whoever has the socket is the host.
func admit(r *bufio.Reader, w io.Writer, guid string) error {
	if c, err := r.ReadByte(); err != nil || c != 0 {
		return fmt.Errorf("%w: it does not begin with a zero", errAuthentication)
	}
	asked, admitted := false, false // for its name; and has said it
	for range maxLines {
		line, err := readLine(r)
		if err != nil {
			return err
		}
		command, rest, _ := strings.Cut(line, " ")
		answer := "ERROR"
		switch {
		case line == "BEGIN" && admitted:
			return nil
		case command == "AUTH" && rest == "EXTERNAL":
			answer, asked, admitted = "DATA", true, false
		case command == "AUTH" && strings.HasPrefix(rest, "EXTERNAL "), command == "DATA" && asked:
			answer, asked, admitted = "OK "+guid, false, true
		case command == "AUTH", command == "CANCEL":
			answer, asked, admitted = "REJECTED EXTERNAL", false, false
		}
		if _, err := io.WriteString(w, answer+"\r\n"); err != nil {
			return err
		}
	}
	return errAuthentication
}
