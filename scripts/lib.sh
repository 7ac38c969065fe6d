# shellcheck shell=bash
# What the scripts share; to be sourced.

took=()    # what has been done and how long it took
failed=()  # what went wrong
begun=$SECONDS

# step NAME COMMAND... runs a command and notes how long it took.
step() {
	local name=$1 start=$SECONDS
	shift
	printf '=== %s\n' "$name"
	if "$@"; then
		took+=("$(printf '%4d s  %s' $((SECONDS - start)) "$name")")
	else
		took+=("$(printf '%4d s  %s: FAILED' $((SECONDS - start)) "$name")")
		failed+=("$name")
	fi
}

# summary prints what took how long and returns whether all went well.
summary() {
	printf '=== what took how long\n'
	printf '%s\n' "${took[@]}"
	printf '%4d s  in all\n' $((SECONDS - begun))
	if ((${#failed[@]} > 0)); then
		printf 'FAILED: %s\n' "${failed[@]}"
		return 1
	fi
}

# modules prints the folders of the modules below this one, without those in
# bench/peers, which need C compilers and other frameworks.
modules() {
	find . -mindepth 2 \( -name node_modules -o -name testdata -o -path ./bin -o -path ./bench/peers \) -prune -o -name go.mod -printf '%h\n' | sort
}

# formatted fails and names the files that gofmt would change.
formatted() {
	local list
	list=$(find . \( -name node_modules -o -path ./bin \) -prune -o -name '*.go' -print0 | xargs -0 gofmt -l)
	if [[ -n $list ]]; then
		printf 'gofmt would change:\n%s\n' "$list"
		return 1
	fi
}
