package webkitgtk
import ("testing";"fmt";"os";"strings";"strconv"
"github.com/mullion-dev/mullion/internal/backend")
func TestTmp(t *testing.T){
	n,_ := strconv.Atoi(os.Getenv("N"))
	x := newTab(t, "<p>").open().loaded()
	mode := os.Getenv("MODE")
	if mode=="short" {do(func(){x.message=func(url,body string,r backend.Reply){ put(x.said, said{url,body}); r.Return("ok") }})}
	m := n
	if mode=="long" {do(func(){x.message=func(url,body string,r backend.Reply){ put(x.said, said{url,body}); r.Return(strings.Repeat("x",n)) }}); m=10}
	for i := range 40 {
	got := x.eval("return 'x'.repeat("+strconv.Itoa(m)+")")
	fmt.Print(i," ",len(got)," ")
	}
	x.eval("return 1")
}
