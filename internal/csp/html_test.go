package csp

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// counter returns a function that makes the nonces n1, n2 and so on.
func counter() func() string {
	n := 0
	return func() string {
		n++
		return fmt.Sprintf("n%d", n)
	}
}

// SHA-256 of scripts, computed with openssl.
const (
	hashOfA    = "'sha256-ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs='" // a
	hashOfB    = "'sha256-PiPoFgA5WUoziU9lZOGxNIu9egCI1CxKy3PurtWcAJ0='" // b
	hashOfLine = "'sha256-VFrdBa/c7HUah7N3AIuKqvlrWqf3bYrZRL7PWDFBxNI='" // \na\nb\n
)

func TestForHTMLHeader(t *testing.T) {
	const both = "<script>a</script><style>b</style>"
	tests := []struct {
		name, policy, html string
		exempt             Exemption
		want               string
	}{
		{"nothing in it", "default-src 'self'", "<p>hi", Exemption{}, "default-src 'self'"},
		{"added", "script-src 'self'; style-src 'self' x:", both, Exemption{},
			"script-src 'self' " + hashOfA + "; style-src 'self' x: 'nonce-n1'"},
		{"self is added", "script-src x:", both[:18], Exemption{}, "script-src x: 'self' " + hashOfA},
		{"none goes", "script-src 'None'", both[:18], Exemption{}, "script-src 'self' " + hashOfA},
		{"inherited", "default-src 'self' x:; img-src y:", both[:18], Exemption{},
			"default-src 'self' x:; img-src y:; script-src 'self' x: " + hashOfA},
		{"inherited none", "default-src 'none'", both[:18], Exemption{}, "default-src 'none'; script-src 'self' " + hashOfA},
		{"nothing to inherit", "img-src y:", both[:18], Exemption{}, "img-src y:; script-src 'self' " + hashOfA},
		{"elements", "script-src-elem x:", both[:18], Exemption{}, "script-src-elem x: 'self' " + hashOfA},
		{"elements too", "script-src x:; script-src-elem y:", both[:18], Exemption{},
			"script-src x: 'self' " + hashOfA + "; script-src-elem y: 'self' " + hashOfA},
		{"once", "script-src 'self'", "<script>a</script><script>b</script><script>a</script>", Exemption{},
			"script-src 'self' " + hashOfA + " " + hashOfB},
		{"all exempt", "script-src x:; style-src y:", both, Exemption{All: true}, "script-src x:; style-src y:"},
		{"scripts exempt", "script-src x:; style-src y:", both, Exemption{Directives: []string{"Script-Src"}},
			"script-src x:; style-src y: 'self' 'nonce-n1'"},
		{"styles exempt", "script-src x:; style-src 'unsafe-inline'", both, Exemption{Directives: []string{"style-src-elem"}},
			"script-src x: 'self' " + hashOfA + "; style-src 'unsafe-inline'"},
		{"inline styles allowed", "script-src x:; style-src 'unsafe-inline'", both, Exemption{},
			"script-src x: 'self' " + hashOfA + "; style-src 'unsafe-inline'"},
		{"all inline allowed", "default-src 'Unsafe-Inline'", both, Exemption{}, "default-src 'Unsafe-Inline'"},
		{"inline cancelled by a hash", "style-src 'unsafe-inline' 'sha256-YWI='", both, Exemption{},
			"style-src 'unsafe-inline' 'sha256-YWI=' 'self' 'nonce-n1'; script-src 'self' " + hashOfA},
		{"inline allowed for one of two", "script-src 'unsafe-inline'; script-src-elem x:", both[:18], Exemption{},
			"script-src 'unsafe-inline'; script-src-elem x: 'self' " + hashOfA},
		{"inline and from the net", "script-src 'unsafe-inline'", "<script src='https://a.example/b;c.js?d'></script><script>a</script>", Exemption{},
			"script-src 'unsafe-inline' 'self' https://a.example/b%3Bc.js"},
		{"one nonce for each kind", "script-src 'self'; style-src 'self'",
			"<style></style><style></style><script src=http://a></script><script src=https://b></script>", Exemption{},
			"script-src 'self' 'nonce-n2'; style-src 'self' 'nonce-n1'"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := Parse(tt.policy)
			if err != nil {
				t.Fatal(err)
			}
			p = p.WithExemption(tt.exempt)
			got, out := p.ForHTML([]byte(tt.html), counter())
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if tt.exempt.All && string(out) != tt.html {
				t.Errorf("got %s, want it unchanged", out)
			}
			if p.String() != tt.policy {
				t.Errorf("the policy has become %s", p)
			}
		})
	}
}

// TestForHTMLBody shows where nonces go. In want, § stands for a nonce; what
// comes after ¦ are the hashes in the header.
func TestForHTMLBody(t *testing.T) {
	tests := []struct {
		name, html, want string
	}{
		{"inline script", "<script>a</script>", "<script>a</script>¦" + hashOfA},
		{"line ends", "<script>\r\na\rb\n</script>", "<script>\r\na\rb\n</script>¦" + hashOfLine},
		{"upper case", "<SCRIPT TYPE=module >a</ScRiPt >", "<SCRIPT TYPE=module >a</ScRiPt >¦" + hashOfA},
		{"empty script", "<script></script>", "<script></script>¦"},
		{"own script", "<script src=a.js></script>", "<script src=a.js></script>¦"},
		{"own script with text", "<script src=a.js>a</script>", "<script src=a.js>a</script>¦"},
		{"src without value", "<script src>a</script>", "<script src>a</script>¦"},
		{"remote script", "<script src='HTTPS://x/a.js'></script>", "<script§ src='HTTPS://x/a.js'></script>¦"},
		{"remote script in entities", `<script src=" &#104;ttp://x"></script>`, `<script§ src=" &#104;ttp://x"></script>¦`},
		{"first src counts", "<script src=a.js src=http://x></script>", "<script src=a.js src=http://x></script>¦"},
		{"path like an address", "<script src=http.js></script>", "<script src=http.js></script>¦"},
		{"slash for space", "<script/src=http://x></script>", "<script§/src=http://x></script>¦"},
		{"own nonce", "<script nonce=q src=http://x></script><style NONCE></style>", "<script nonce=q src=http://x></script><style NONCE></style>¦"},
		{"unfinished script", "<script>a", "<script>a¦"},
		{"unfinished tag", "<style x='", "<style x='¦"},
		{"no tag", "a < b <3 <", "a < b <3 <¦"},
		{"script with zero", "<script>a\x00</script>", "<script§>a\x00</script>¦"},
		{"script not in UTF-8", "<script>\xff</script>", "<script§>\xff</script>¦"},
		{"styles", "<style>a</style><p><style media=x>", "<style§>a</style><p><style§ media=x>¦"},
		{"longer names", "<styles><scripts>a</scripts><style-x>", "<styles><scripts>a</scripts><style-x>¦"},
		{"style holds text", "<style><script>a</script></style>", "<style§><script>a</script></style>¦"},
		{"end in text", "<style></styles></style><style>", "<style§></styles></style><style§>¦"},
		{"title holds text", "<title><style></title><style>", "<title><style></title><style§>¦"},
		{"textarea holds text", "<textarea><script>a</script></textarea>", "<textarea><script>a</script></textarea>¦"},
		{"noscript holds text", "<noscript><style></style></noscript><script>a</script>", "<noscript><style></style></noscript><script>a</script>¦" + hashOfA},
		{"plaintext holds the rest", "<plaintext></plaintext><style>", "<plaintext></plaintext><style>¦"},
		{"attributes", `<a title="<style>" b='<style>' c=<style>`, `<a title="<style>" b='<style>' c=<style>¦`},
		{"odd attributes", `<a =">"<style>`, `<a =">"<style§>¦`},
		{"comment", "<!-- <style> --><style>", "<!-- <style> --><style§>¦"},
		{"short comments", "<!--><style><!---><style><!----><style>", "<!--><style§><!---><style><!----><style>¦"},
		{"comment with bang", "<!-- --!><style>", "<!-- --!><style§>¦"},
		{"comment with dashes", "<!-- - -- > --- <style> ---><style>", "<!-- - -- > --- <style> ---><style§>¦"},
		{"unfinished comment", "<!-- <style>", "<!-- <style>¦"},
		{"declarations", "<!doctype html><?xml <style>?><!x <style></ <style>", "<!doctype html><?xml <style>?><!x <style></ <style>¦"},
		{"empty end tag", "</><style>", "</><style§>¦"},
		{"cdata is no cdata", "<![CDATA[ > <style> ]]>", "<![CDATA[ > <style§> ]]>¦"},
		{"script hides its end", "<script><!--<script></script>a</script>b", "<script><!--<script></script>a</script>b¦'sha256-kCpcZq3O00E/vfLVKivDAnHkhDyoBq7gON8vhF33jkU='"},
		{"script in a comment", "<script><!--a</script>--></script>", "<script><!--a</script>--></script>¦'sha256-P3knXBmO/O4WgFZgnD2Xt3zQ5vWmm/LIaQu2m4J41n8='"},
		{"script shows its end", "<script><!--><script></script>b", "<script><!--><script></script>b¦'sha256-s9lrY5sdR1nHZhzJP/K3V8y2/wZkd7TvmFz2lsBhZ78='"},
		{"svg", "<svg><style>a</style><script>a</script></svg><style>", "<svg><style§>a</style><script§>a</script></svg><style§>¦"},
		{"svg holds no text", "<svg><style><style></style></style></svg>", "<svg><style§><style§></style></style></svg>¦"},
		{"cdata in svg", "<svg><style><![CDATA[ <style> ]]></style>", "<svg><style§><![CDATA[ <style> ]]></style>¦"},
		{"script in svg", "<svg><script href=a.js /><script xlink:href=https://x /></svg>", "<svg><script href=a.js /><script§ xlink:href=https://x /></svg>¦"},
		{"closed svg", "<svg/><style><style></style>", "<svg/><style§><style></style>¦"},
		{"html in svg", "<svg><foreignObject><style><style></style></foreignObject><style><style>", "<svg><foreignObject><style§><style></style></foreignObject><style§><style§>¦"},
		{"title in svg", "<svg><title><style><i></style></title><![CDATA[<style>]]>", "<svg><title><style§><i></style></title><![CDATA[<style>]]>¦"},
		{"html ends svg", "<svg><p><style><style></style>", "<svg><p><style§><style></style>¦"},
		{"end ends svg", "<svg></p><style><style></style>", "<svg></p><style§><style></style>¦"},
		{"math", "<math><mi><style><i></style></mi><![CDATA[<style>]]></math>", "<math><mi><style§><i></style></mi><![CDATA[<style>]]></math>¦"},
		{"annotation", "<math><annotation-xml encoding='Text/HTML'><style><style></style>", "<math><annotation-xml encoding='Text/HTML'><style§><style></style>¦"},
		{"other annotation", "<math><annotation-xml><style><style></style>", "<math><annotation-xml><style§><style§></style>¦"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			header, out := strict(t).ForHTML([]byte(tt.html), func() string { return "N" })
			script := header[strings.Index(header, "script-src"):]
			script, _, _ = strings.Cut(script, ";")
			var hashes []string
			for source := range strings.FieldsSeq(script) {
				if strings.HasPrefix(source, "'sha256-") {
					hashes = append(hashes, source)
				}
			}
			got := strings.ReplaceAll(string(out), ` nonce="N"`, "§") + "¦" + strings.Join(hashes, " ")
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// strict is a policy that lets inline code through by hashes and nonces only.
func strict(t *testing.T) *Policy {
	t.Helper()
	p, err := Parse("script-src 'self'; style-src 'self'")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestNoPolicy(t *testing.T) {
	var p *Policy
	header, out := p.ForHTML([]byte("<style>"), nil)
	if header != "" || string(out) != "<style>" || p.String() != "" {
		t.Errorf("got %q, %q, %q", header, out, p)
	}
}

// TestNonce checks the nonces of its own, and that a bad one breaks neither
// header nor page.
func TestNonce(t *testing.T) {
	page := []byte("<style></style>")
	first, _ := strict(t).ForHTML(page, nil)
	second, _ := strict(t).ForHTML(page, nil)
	if first == second || len(first) < len(strict(t).String())+len(" 'nonce-'")+22 {
		t.Errorf("got %s\nand %s", first, second)
	}
	for _, bad := range []string{"", "a b", "a'", "a;", "é", `"`, "<"} {
		header, out := strict(t).ForHTML(page, func() string { return bad })
		if header != strict(t).String() || string(out) != string(page) {
			t.Errorf("nonce %q: got %s\n%s", bad, header, out)
		}
	}
}
