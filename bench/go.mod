module github.com/mullion-dev/mullion/bench

go 1.26.8

require (
	github.com/go-json-experiment/json v1.27.2
	github.com/jezek/xgb v1.1.1
	github.com/mullion-dev/mullion v0.0.0
	github.com/mullion-dev/mullion/plugin/sql v0.0.0
	golang.org/x/net v0.62.0
	golang.org/x/sys v0.49.0
)

require (
	github.com/ebitengine/purego v0.11.3 // indirect
	github.com/elastic/go-seccomp-bpf v1.6.0 // indirect
	github.com/godbus/dbus/v5 v5.2.4 // indirect
	github.com/ncruces/go-sqlite3 v0.37.0 // indirect
	github.com/ncruces/go-sqlite3-wasm/v6 v6.5.35401 // indirect
	github.com/ncruces/julianday v1.0.0 // indirect
	github.com/pelletier/go-toml/v2 v2.4.3 // indirect
)

replace github.com/mullion-dev/mullion => ../

replace github.com/mullion-dev/mullion/plugin/sql => ../plugin/sql
