package attacks

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
)

// record is all that came of one probe: results by user and run.
type record struct {
	Probe string `json:"probe"`
	// Results are "open", "absent", or the errno of the refusal. Where the
	// three processes differ, each has its own, as in
	// "host EPERM, network open, web open".
	Results map[string]map[string]string `json:"results"`
}

// records gathers rows, in their order.
func records(rows []row) (list []record) {
	type key struct{ user, layers, probe string }
	at := map[string]int{}
	each := map[key]map[string]string{}
	for _, r := range rows {
		if _, ok := at[r.Probe]; !ok {
			at[r.Probe] = len(list)
			list = append(list, record{r.Probe, map[string]map[string]string{}})
		}
		k := key{r.User, r.Layers, r.Probe}
		if each[k] == nil {
			each[k] = map[string]string{}
		}
		each[k][r.Process] = r.Result
		if r.Result == "closed" {
			each[k][r.Process] = r.Errno
		}
	}
	for k, by := range each {
		results := list[at[k.probe]].Results
		if results[k.user] == nil {
			results[k.user] = map[string]string{}
		}
		results[k.user][k.layers] = merge(by)
	}
	return list
}

// merge writes the results of the three processes as one text.
func merge(by map[string]string) string {
	var texts, said []string
	for _, p := range processes {
		texts = append(texts, p+" "+by[p])
		said = append(said, by[p])
	}
	slices.Sort(said)
	if said = slices.Compact(said); len(said) == 1 {
		return said[0]
	}
	return strings.Join(texts, ", ")
}

// open tells which processes a result is open for; all says that it is all.
func open(result string) (list []string, all bool) {
	if result == "open" {
		return processes, true
	}
	for part := range strings.SplitSeq(result, ", ") {
		if p, ok := strings.CutSuffix(part, " open"); ok {
			list = append(list, p)
		}
	}
	return list, false
}

// jsonFile and textFile are the documents, from here.
const (
	jsonFile = "../../docs/confinement.json"
	textFile = "../../docs/confinement.md"
)

func readRecords() (list []record, err error) {
	b, err := os.ReadFile(jsonFile)
	if err != nil {
		return nil, err
	}
	return list, json.Unmarshal(b, &list)
}

func writeRecords(list []record) error {
	b := []byte("[\n")
	for i, r := range list {
		line, err := json.Marshal(r)
		if err != nil {
			return err
		}
		b = append(b, line...)
		if i < len(list)-1 {
			b = append(b, ',')
		}
		b = append(b, '\n')
	}
	return os.WriteFile(jsonFile, append(b, ']', '\n'), 0o644)
}
