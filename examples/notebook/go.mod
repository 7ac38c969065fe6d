module github.com/mullion-dev/mullion/examples/notebook

go 1.26.8

replace github.com/mullion-dev/mullion => ../..

require (
	github.com/go-json-experiment/json v1.27.2
	github.com/mullion-dev/mullion v0.0.0
)

require (
	github.com/ebitengine/purego v0.11.3 // indirect
	github.com/elastic/go-seccomp-bpf v1.6.0 // indirect
	github.com/godbus/dbus/v5 v5.2.4 // indirect
	github.com/jezek/xgb v1.1.1 // indirect
	github.com/pelletier/go-toml/v2 v2.4.3 // indirect
	golang.org/x/net v0.62.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
)
