module github.com/mullion-dev/mullion

go 1.26.8

require (
	github.com/ebitengine/purego v0.11.3
	github.com/elastic/go-seccomp-bpf v1.6.0
	github.com/go-json-experiment/json v1.27.2
	github.com/google/go-cmp v0.7.0
	github.com/jezek/xgb v1.1.1
	github.com/pelletier/go-toml/v2 v2.4.3
	go.uber.org/goleak v1.3.0
	golang.org/x/net v0.62.0
	golang.org/x/sys v0.49.0
)

require (
	aead.dev/minisign v0.3.0
	github.com/godbus/dbus/v5 v5.2.4
	golang.org/x/mod v0.42.0
)

require golang.org/x/crypto v0.58.0 // indirect

require (
	github.com/gorilla/websocket v1.5.3
	golang.org/x/text v0.44.0
)
