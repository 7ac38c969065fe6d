package capability_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/capability"
)

func TestSpecialUse(t *testing.T) {
	for addr, want := range map[string]string{
		"93.184.216.34": "", "8.8.8.8": "", "172.15.0.1": "", "172.32.0.1": "", "100.128.0.1": "", "2606:2800::1": "", "64:ff9b::5db8:d822": "", "2002:5db8:d822::1": "",
		"0.0.0.0": "unspecified", "0.1.2.3": "unspecified", "127.0.0.1": "loopback", "127.255.255.254": "loopback", "10.0.0.1": "private", "172.16.0.1": "private",
		"172.31.255.255": "private", "192.168.0.1": "private", "169.254.169.254": "link-local", "100.64.0.1": "carrier", "100.127.255.255": "carrier",
		"224.0.0.1": "multicast", "239.255.255.255": "multicast", "255.255.255.255": "reserved", "240.0.0.1": "reserved", "192.0.0.1": "reserved", "198.18.0.1": "benchmarks",
		"::": "unspecified", "::1": "loopback", "fe80::1": "link-local", "fe80::1%eth0": "zone", "fc00::1": "private", "fd12::1": "private", "ff02::1": "multicast",
		"fec0::1": "reserved", "::ffff:8.8.8.8": "dressed as IPv6", "::8.8.8.8": "reserved", "64:ff9b::7f00:1": "form of 127.0.0.1", "64:ff9b::a9fe:a9fe": "form of 169.254.169.254",
		"64:ff9b:1::7f00:1": "reserved", "2002:7f00:1::": "form of 127.0.0.1", "2002:c0a8:1::": "form of 192.168.0.1", "2001::1": "reserved", "2001:db8::1": "documents", "4000::1": "reserved",
	} {
		got := capability.SpecialUse(netip.MustParseAddr(addr))
		if want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%s: got %q, want %q", addr, got, want)
		}
	}
}
