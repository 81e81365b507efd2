# bash completion of helios: asks 'helios complete', which knows the commands and the home.

_helios() {
	local line=${COMP_LINE:0:COMP_POINT} candidate prefix=
	local -a words
	# Without -r: a backslash is the shell's here, too.
	read -a words <<<"$line"
	[[ $line == *[[:blank:]] && $line != *\\[[:blank:]] ]] && words+=('')
	words=("${words[@]#[\'\"]}")
	# A completion replaces what stands after the last '=' or ':' only.
	[[ ${words[-1]} == *[=:]* ]] && printf -v prefix %q "${words[-1]%"${words[-1]##*[=:]}"}"

	COMPREPLY=()
	while IFS= read -r line; do
		candidate=${line%%$'\t'*}
		case $line in
		$'\tfiles') compopt -o default ;;
		$'\tdirectories') compopt -o dirnames ;;
		*)
			[[ $2 == [\'\"]* ]] || printf -v candidate %q "$candidate"
			COMPREPLY+=("${candidate#"$prefix"}")
			;;
		esac
	done < <(helios complete -- "${words[@]:1}" 2>/dev/null)
}
complete -F _helios helios
