package updater

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"

	"aead.dev/minisign"
)

const (
	// maxSignature bounds the text of a signature, in bytes.
	maxSignature = 16 << 10
	// maxLegacy bounds a package that has a signature of the old kind, in bytes:
	// that is of the whole package, not of its hash, and needs it in memory.
	maxLegacy = 256 << 20
)

// ErrSignature is the error, wrapped, where a package is not what the owner of
// the key has signed. Nothing of it is kept.
var ErrSignature = errors.New("the signature does not fit the package")

// parseKey reads a public key: the base64 of a file of minisign.
func parseKey(text string) (key minisign.PublicKey, err error) {
	file, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil {
		return key, fmt.Errorf("want the base64 of a public key of minisign: %w", err)
	}
	return key, key.UnmarshalText(file)
}

// parseSignature reads a signature: the base64 of a file of minisign.
func parseSignature(text string) (s minisign.Signature, file []byte, err error) {
	if len(text) > maxSignature {
		return s, nil, fmt.Errorf("a signature of %d bytes; the limit is %d", len(text), maxSignature)
	}
	file, err = base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil {
		return s, nil, fmt.Errorf("The signature %.32s… could not be decoded: want the text of the .sig file, which is base64: %w", text, err)
	}
	return s, file, s.UnmarshalText(file)
}

// verify reads a package and checks it with its signature. announced is the
// version that it was announced as.
func (u *Updater) verify(r io.Reader, signature string, announced version) error {
	s, file, err := parseSignature(signature)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrSignature, err)
	}
	if s.KeyID != u.key.ID() {
		return fmt.Errorf("%w: it was made by the key %X, and the configuration has %X", ErrSignature, s.KeyID, u.key.ID())
	}
	var good bool
	switch s.Algorithm {
	case minisign.HashEdDSA:
		m := minisign.NewReader(r)
		if _, err := io.Copy(io.Discard, m); err != nil {
			return err
		}
		good = m.Verify(u.key, file)
	case minisign.EdDSA:
		all, err := io.ReadAll(io.LimitReader(r, maxLegacy+1))
		if err != nil {
			return err
		}
		if len(all) > maxLegacy {
			return fmt.Errorf("%w: it is of the old kind, for which %d bytes are the limit; sign the hash of the package, as minisign does by itself", ErrSignature, maxLegacy)
		}
		good = minisign.Verify(u.key, all, file)
	}
	if !good {
		return fmt.Errorf("%w, which is damaged or was made by somebody else", ErrSignature)
	}
	// The trusted comment is signed, too, and could not be relied on before.
	return checkSignedVersion(s.TrustedComment, announced, u.settings.requireSignedVersion())
}

// checkSignedVersion compares the version that a package was signed as with the
// announced one: announcements are not signed, and could name a high version
// beside an old package.
func checkSignedVersion(comment string, announced version, required bool) error {
	for field := range strings.SplitSeq(comment, "\t") {
		text, ok := strings.CutPrefix(field, "version:")
		if !ok {
			continue
		}
		signed, err := parseVersion(text)
		if err != nil || signed != announced {
			return fmt.Errorf("%w: The update was signed for version %.64s but the update endpoint announced version %s.", ErrSignature, text, announced)
		}
		return nil
	}
	if required {
		return fmt.Errorf("%w: it does not say for which version it was made, which requireSignedVersion wants", ErrSignature)
	}
	return nil
}
