module github.com/mullion-dev/mullion/bench/peers/webview

go 1.26.8

require (
	github.com/mullion-dev/mullion/bench v0.0.0
	github.com/webview/webview_go v0.0.0-20240831120633-6173450d4dd6
)

replace (
	github.com/mullion-dev/mullion => ../../../
	github.com/mullion-dev/mullion/bench => ../../
	github.com/mullion-dev/mullion/plugin/sql => ../../../plugin/sql
)
