package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"math/big"
)

// What secrets are encrypted with on their way over the bus: the algorithm
// dh-ietf1024-sha256-aes128-cbc-pkcs7 of the specification of the Secret Service,
// section "Transfer of secrets". It keeps secrets from whoever reads along, and
// not from a service that lies.
const algorithm = "dh-ietf1024-sha256-aes128-cbc-pkcs7"

// prime is that of the Second Oakley Group, RFC 2409, section 6.2. Its generator
// is 2.
const prime = "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74" +
	"020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245" +
	"E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE6" +
	"49286651ECE65381FFFFFFFFFFFFFFFF"

func newGroup() *big.Int {
	p, _ := new(big.Int).SetString(prime, 16)
	return p
}

const groupBytes = 128

// exchange is our half of the agreement on a key.
type exchange struct {
	group, private *big.Int
	public         []byte
}

func newExchange() (exchange, error) {
	group := newGroup()
	most := new(big.Int).Sub(group, big.NewInt(3))
	private, err := rand.Int(rand.Reader, most)
	if err != nil {
		return exchange{}, err
	}
	private.Add(private, big.NewInt(2)) // from 2 to group - 2
	public := new(big.Int).Exp(big.NewInt(2), private, group)
	return exchange{group, private, public.FillBytes(make([]byte, groupBytes))}, nil
}

// key is what both halves have in common then.
func (e exchange) key(peer []byte) ([]byte, error) {
	theirs := new(big.Int).SetBytes(peer)
	last := new(big.Int).Sub(e.group, big.NewInt(1))
	if len(peer) > groupBytes || theirs.Cmp(big.NewInt(1)) <= 0 || theirs.Cmp(last) >= 0 {
		return nil, errors.New("the keyring's half of the key is none")
	}
	shared := new(big.Int).Exp(theirs, e.private, e.group)
	return hkdf.Key(sha256.New, shared.FillBytes(make([]byte, groupBytes)), nil, "", aes.BlockSize)
}

func encrypt(key, text []byte) (iv, sealed []byte, err error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, nil, err
	}
	pad := aes.BlockSize - len(text)%aes.BlockSize
	sealed = make([]byte, len(text)+pad)
	copy(sealed, text)
	for i := len(text); i < len(sealed); i++ {
		sealed[i] = byte(pad)
	}
	iv = make([]byte, aes.BlockSize)
	rand.Read(iv)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(sealed, sealed)
	return iv, sealed, nil
}

func decrypt(key, iv, sealed []byte) ([]byte, error) {
	bad := errors.New("the keyring has sent what cannot be decrypted")
	if len(iv) != aes.BlockSize || len(sealed) == 0 || len(sealed)%aes.BlockSize != 0 {
		return nil, bad
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	text := make([]byte, len(sealed))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(text, sealed)
	pad := int(text[len(text)-1])
	if pad == 0 || pad > aes.BlockSize {
		return nil, bad
	}
	for _, b := range text[len(text)-pad:] {
		if int(b) != pad {
			return nil, bad
		}
	}
	return text[:len(text)-pad], nil
}
