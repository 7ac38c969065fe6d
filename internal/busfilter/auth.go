package busfilter

import (
	"bufio"
	"errors"
	"fmt"
	"io"
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

// greet authenticates us at the bus, as whoever the kernel says that we are, and
// returns the number of the bus. Descriptors are not asked for.
func greet(r *bufio.Reader, w io.Writer) (guid string, err error) {
	if _, err := io.WriteString(w, "\x00AUTH EXTERNAL\r\nDATA\r\n"); err != nil {
		return "", err
	}
	for range maxLines {
		line, err := readLine(r)
		if err != nil {
			return "", err
		}
		if line == "DATA" {
			continue
		}
		guid, ok := strings.CutPrefix(line, "OK ")
		if !ok {
			return "", fmt.Errorf("%w: the bus says %.60q", errAuthentication, line)
		}
		_, err = io.WriteString(w, "BEGIN\r\n")
		return guid, err
	}
	return "", errAuthentication
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
