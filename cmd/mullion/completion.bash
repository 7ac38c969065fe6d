# Completes the commands of mullion, which is asked for them.
_mullion_complete() {
	local cur=${COMP_WORDS[COMP_CWORD]} line
	local words=("${COMP_WORDS[@]:0:COMP_CWORD}")
	[[ $cur == -* ]] && words+=("$cur")
	COMPREPLY=()
	while IFS= read -r line; do
		line=${line%%:*}
		[[ -n $line && $line == "$cur"* ]] && COMPREPLY+=("$line")
	done < <("${words[@]}" --generate-shell-completion 2>/dev/null)
}
complete -o bashdefault -o default -F _mullion_complete mullion
