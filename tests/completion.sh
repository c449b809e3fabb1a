# SPDX-License-Identifier: GPL-3.0-or-later
# What the shells complete: their scripts are made of the tables, are sound, and offer what is right.
set -u
count=0

result() { # status, name
	count=$((count + 1))
	if [ "$1" -eq 0 ]; then echo "ok $count - $2"; else echo "not ok $count - $2"; fi
}

skip() { # reason
	count=$((count + 1))
	echo "ok $count # SKIP $1"
}

scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
for shell in bash zsh fish; do
	sockpit --completion $shell >"$scratch/$shell"
	result $? "there is a script for $shell"
done
said=$(sockpit --completion csh 2>&1)
[ "$said" = "sockpit: --completion csh: bash, zsh or fish" ]
result $? "another shell is refused in one line"

[ "$(sockpit -h | awk 'length > 80' | wc -l)" -eq 0 ]
result $? "-h fits 80 columns"

# Each option that is listed is in each script.
for shell in bash zsh fish; do
	missing=
	for option in $(sockpit -h | sed -n 's/^  \(-., \)\{0,1\}--\([^ ]*\).*/\2/p'); do
		grep -Eq -- "(--$option|-l $option)([^a-z-]|\$)" "$scratch/$shell" || missing="$missing $option"
	done
	[ -z "$missing" ] || echo "# missing:$missing"
	[ -z "$missing" ]
	result $? "$shell knows all long options"
done

# What each shell offers for the last word of a line, a line each. Files are those of $files.
bash_offers() {
	(cd "$files" && bash -c '
		. "$0"
		line=$1
		COMP_WORDS=(${line//=/ = })
		[[ $line != *" " ]] || COMP_WORDS+=("")
		COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
		_sockpit
		printf "%s\n" "${COMPREPLY[@]}"
	' "$scratch/bash" "$1" 2>&1)
}

# By the completion system of a zsh on a terminal: its matches are printed instead of inserted.
cat >"$scratch/zsh-setup" <<'EOF'
PROMPT= RPROMPT=
fpath=($scratch $fpath)
autoload -Uz compinit
compinit -C -d $scratch/zsh-dump -u
compadd() {
	local -a found
	local one
	if ((${@[(I)-[ADO]]})); then # matches nothing by itself
		builtin compadd "$@"
		return
	fi
	builtin compadd -O found "$@"
	for one in $found; do print -r -- "<${(Q)one}>"; done
}
show() {
	_main_complete
	exit
}
zle -C show complete-word show
bindkey '^I' show
print re""ady
EOF
zsh_offers() {
	(cd "$files" && scratch=$scratch timeout 30 zsh -f -c '
		zmodload zsh/zpty
		zpty shell zsh -f -i
		zpty -w shell "source $scratch/zsh-setup"
		zpty -r shell text "*ready*"
		zpty -n -w shell "$1$(printf "\t")"
		while zpty -r shell text; do print -rn -- "$text"; done
	' zsh "$1" 2>&1 | sed -n 's/.*<\(.*\)>.*/\1/p' | awk '!seen[$0]++')
}

fish_offers() {
	(cd "$files" && fish --no-config -c 'source $argv[1]; complete -C "$argv[2]"' "$scratch/fish" "$1" 2>&1 | cut -f1)
}

# usage: offered LINE WORD...: the shell offers exactly these.
offered() {
	line=$1
	shift
	printf '%s\n' "$@" | sort >"$scratch/want"
	"${shell}_offers" "$line" | sed '/^$/d' | sort >"$scratch/got"
	[ $# -gt 0 ] || : >"$scratch/want"
	cmp -s "$scratch/want" "$scratch/got" || sed 's/^/# offered: /' "$scratch/got"
	cmp -s "$scratch/want" "$scratch/got"
	result $? "$shell: $line"
}

export HOME="$scratch/home"
files=$scratch/files
mkdir "$HOME" "$files"
touch "$files/a file.sp" "$files/b.md"
cp "$scratch/zsh" "$scratch/_sockpit"
lessons=$(cd "$srcdir/src/lessons" && ls [0-9]*.md | sed 's/^[0-9]*-//; s/\.md$//')
for shell in bash zsh fish; do
	if ! command -v $shell >/dev/null 2>&1; then
		skip "no $shell here"
		continue
	fi
	$shell -n "$scratch/$shell"
	result $? "$shell understands its script"
	equals=
	[ $shell != fish ] || equals=--eol=
	offered "sockpit --rep" --replay
	offered "sockpit --eol cr" crlf cr
	offered "sockpit --eol=cr" ${equals}crlf ${equals}cr
	offered "sockpit -l --service day" daytime
	offered "sockpit -o x --log-format pc" pcapng
	offered "sockpit -X " 5 4 connect
	offered "sockpit -T af1" af11 af12 af13
	offered "sockpit --datagram " line block
	offered "sockpit --speed m" max
	offered "sockpit -w "
	offered "sockpit --set esc" escape-time=
	offered "sockpit --completion " bash zsh fish
	offered "sockpit --mdoc op" options
	offered "sockpit --mdo"
	offered "sockpit -f a" "a file.sp"
	offered "sockpit --check a" "a file.sp"
	offered "sockpit --tap a" "a file.sp"
	offered "sockpit --grade a" "a file.sp"
	offered "sockpit --lesson 4 --record a" "a file.sp"
	offered "sockpit -U a" "a file.sp"
	offered "sockpit --lesson nag" nagle-and-delayed-ack
	# shellcheck disable=SC2086 # a word each
	offered "sockpit --lesson " $lessons "a file.sp" b.md
	# shellcheck disable=SC2086
	offered "sockpit --lesson-check " $lessons "a file.sp" b.md
	case $shell in
	fish) offered "sockpit --set eol=cr" eol=crlf eol=cr ;;
	*) offered "sockpit --set eol=cr" crlf cr ;;
	esac
	case $shell in
	fish) offered "sockpit --set scrollback=" scrollback= ;;
	*) offered "sockpit --set scrollback=" ;;
	esac
done
echo "1..$count"
